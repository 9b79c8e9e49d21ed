use domain::{
    OrderId, PaymentId, Timestamp,
    address::Address,
    email::Email,
    order::{Order, OrderStatus},
    payment::PaymentState,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::order_body::TotalsBody;

/// Who buys, and where the goods go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckOut {
    pub(crate) email: Email,
    pub(crate) shipping_address: Address,
}

/// An order and how it is paid.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckoutBody {
    pub order: PlacedOrder,
    pub payment: OpenPayment,
}

/// An order that a cart became.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlacedOrder {
    pub id: OrderId,
    /// Shows the order to whoever has it; keep it secret.
    pub token: String,
    pub status: OrderStatus,
    pub totals: TotalsBody,
    /// Until when the goods are held.
    pub held_until: Timestamp,
}

/// What the customer's client confirms with Stripe.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenPayment {
    pub id: PaymentId,
    pub client_secret: Option<String>,
    pub status: PaymentState,
    /// Where it can be paid in a browser.
    pub checkout_url: String,
}

impl CheckoutBody {
    pub(crate) fn new(order: Order, storefront_url: &str) -> Self {
        let checkout_url = format!("{storefront_url}/checkout/{}?token={}", order.id, order.token);
        Self {
            order: PlacedOrder {
                id: order.id,
                status: order.status,
                totals: TotalsBody::of(&order),
                held_until: order.held_until,
                token: order.token,
            },
            payment: OpenPayment {
                id: order.payment.id,
                client_secret: order.payment.client_secret,
                status: order.payment.state,
                checkout_url,
            },
        }
    }
}
