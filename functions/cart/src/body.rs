use std::collections::BTreeMap;

use domain::{
    CartId, Currency, CustomerId, LineId, Money, OrderId, ProductId, Timestamp, VariantId, VendorId,
    cart::{Cart, CartLine, CartStatus, Notice},
    hold::Hold,
    text::{Name, Sku},
    variant::Variant,
};
use serde::Serialize;
use utoipa::ToSchema;
use web::ApiError;

/// A cart.
#[derive(Debug, Serialize, ToSchema)]
pub struct CartBody {
    pub id: CartId,
    pub status: CartStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    pub items: Vec<CartItemBody>,
    /// What its goods cost, as they were when they were put there. `null` while it is empty.
    pub totals: Option<CartTotals>,
    /// Of its first item; `null` while it is empty.
    pub currency: Option<Currency>,
    pub expires_at: Timestamp,
    /// The order that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What the goods of a cart cost. What is taken for sending them depends on the address: a quote tells it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CartTotals {
    pub items: Money,
    /// Zero, as long as there is no address.
    pub shipping: Money,
    /// The part that is tax.
    pub tax: Money,
    pub total: Money,
}

/// A line of a cart.
#[derive(Debug, Serialize, ToSchema)]
pub struct CartItemBody {
    pub id: LineId,
    pub product_id: ProductId,
    pub variant_id: VariantId,
    pub vendor: VendorId,
    pub sku: Sku,
    pub title: Name,
    pub options: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    pub quantity: u32,
    pub unit_price: Money,
    pub subtotal: Money,
    pub added_at: Timestamp,
    /// Until when its units are set aside for this cart, unless the cart changes before; `null` while they are not.
    pub reserved_until: Option<Timestamp>,
    /// What is different now, told when the cart is looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
}

impl CartBody {
    /// The cart as it is now: holds whose time is over are shown as such, also where the sweeper has not been yet.
    pub fn new(cart: &Cart, now: Timestamp) -> Result<Self, ApiError> {
        let held_until = cart.held_until.filter(|end| *end > now);
        let items = cart
            .lines
            .iter()
            .filter_map(|line| Some((line, cart.currency?)))
            .map(|(line, currency)| item(line, Money::new(line.unit_price, currency), held_until))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            id: cart.id,
            status: cart.status_at(now),
            customer_id: cart.customer_id,
            items,
            totals: totals(cart)?,
            currency: cart.currency,
            expires_at: cart.expires_at,
            order_id: cart.order_id,
            created_at: cart.created_at,
            updated_at: cart.updated_at,
        })
    }

    /// [`new`](Self::new), with what is different of its lines by the variants as they are now.
    pub fn with_notices(cart: &Cart, variants: &[Variant], now: Timestamp) -> Result<Self, ApiError> {
        let mut body = Self::new(cart, now)?;
        for (line, item) in cart.lines.iter().zip(&mut body.items) {
            let variant = variants.iter().find(|variant| variant.place() == line.variant);
            item.notices = line.notices(variant);
        }
        Ok(body)
    }
}

fn totals(cart: &Cart) -> Result<Option<CartTotals>, ApiError> {
    let Some(currency) = cart.currency else { return Ok(None) };
    let items = cart.subtotal().map_err(|_| ApiError::internal())?;
    let money = |amount| Money::new(amount, currency);
    Ok(Some(CartTotals { items, shipping: money(0), tax: money(cart.tax()), total: items }))
}

fn item(line: &CartLine, unit_price: Money, held_until: Option<Timestamp>) -> Result<CartItemBody, ApiError> {
    Ok(CartItemBody {
        id: line.id,
        product_id: line.variant.product_id,
        variant_id: line.variant.variant_id,
        vendor: line.variant.vendor_id,
        sku: line.sku.clone(),
        title: line.title.clone(),
        options: line.options.clone(),
        image_url: line.image_url.clone(),
        quantity: line.quantity,
        unit_price,
        subtotal: unit_price.times(line.quantity).map_err(|_| ApiError::internal())?,
        added_at: line.added_at,
        reserved_until: held_until.filter(|_| line.hold == Hold::Soft),
        notices: Vec::new(),
    })
}
