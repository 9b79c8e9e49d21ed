use std::collections::BTreeMap;

use domain::{
    CartId, CustomerId, LineId, Money, OrderId, ProductId, Timestamp, VariantId, VendorId,
    cart::{Cart, CartLine, CartStatus},
    hold::Hold,
    text::{Name, Sku},
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
    /// What the items cost, tax included; `null` while it is empty.
    pub total: Option<Money>,
    /// When the holds end, unless the cart changes before; `null` while nothing is held.
    pub held_until: Option<Timestamp>,
    pub expires_at: Timestamp,
    /// The order that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A line of a cart.
#[derive(Debug, Serialize, ToSchema)]
pub struct CartItemBody {
    pub id: LineId,
    pub product_id: ProductId,
    pub variant_id: VariantId,
    pub vendor_id: VendorId,
    pub sku: Sku,
    pub title: Name,
    pub options: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    pub quantity: u32,
    pub unit_price: Money,
    pub subtotal: Money,
    /// Whether its units are set aside for this cart.
    pub held: bool,
    pub added_at: Timestamp,
}

impl CartBody {
    /// The cart as it is now: holds whose time is over are shown as such, also where the sweeper has not been yet.
    pub fn new(cart: &Cart, now: Timestamp) -> Result<Self, ApiError> {
        let held_until = cart.held_until.filter(|end| *end > now);
        let total = cart.currency.map(|_| cart.subtotal()).transpose().map_err(|_| ApiError::internal())?;
        let items = cart
            .lines
            .iter()
            .filter_map(|line| Some((line, cart.currency?)))
            .map(|(line, currency)| item(line, Money::new(line.unit_price, currency), held_until.is_some()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            id: cart.id,
            status: cart.status_at(now),
            customer_id: cart.customer_id,
            items,
            total,
            held_until,
            expires_at: cart.expires_at,
            order_id: cart.order_id,
            created_at: cart.created_at,
            updated_at: cart.updated_at,
        })
    }
}

fn item(line: &CartLine, unit_price: Money, holds_live: bool) -> Result<CartItemBody, ApiError> {
    Ok(CartItemBody {
        id: line.id,
        product_id: line.variant.product_id,
        variant_id: line.variant.variant_id,
        vendor_id: line.variant.vendor_id,
        sku: line.sku.clone(),
        title: line.title.clone(),
        options: line.options.clone(),
        image_url: line.image_url.clone(),
        quantity: line.quantity,
        unit_price,
        subtotal: unit_price.times(line.quantity).map_err(|_| ApiError::internal())?,
        held: holds_live && line.hold == Hold::Soft,
        added_at: line.added_at,
    })
}
