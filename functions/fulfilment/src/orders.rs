//! `GET /orders`: the orders that a vendor has a part in, and of each that part alone.

use axum::extract::State;
use domain::{
    Money, OrderId, ShipmentId, Tenant, Timestamp,
    address::Address,
    order::{Order, OrderShipment, OrderStatus, Refund},
    payment::PaymentState,
    shipment::{Shipment, ShipmentLine},
};
use serde::Serialize;
use store::{order, shipment};
use utoipa::ToSchema;
use web::{
    ApiError, ErrorBody, Json, Listed, PageQuery, Path, Query, Result, Staff, shipment_body::ShipmentBody,
};

use crate::{Deps, body::NamedOrder};

/// A vendor's part of an order.
#[derive(Serialize, ToSchema)]
pub(crate) struct VendorOrderBody {
    id: OrderId,
    /// Of the whole order.
    status: OrderStatus,
    payment_status: PaymentState,
    /// How much goes back of what was paid for this part.
    refund_status: Refund,
    lines: Vec<ShipmentLine>,
    totals: VendorTotals,
    ship_to: Address,
    shipment: ShipmentBody,
    created_at: Timestamp,
    confirmed_at: Option<Timestamp>,
}

/// What the vendor's goods cost the customer, and what of it is the vendor's.
#[derive(Serialize, ToSchema)]
pub(crate) struct VendorTotals {
    items: Money,
    shipping: Money,
    /// What of both went back to the customer.
    refunded: Money,
    /// The platform's share of the items in basis points.
    commission: u32,
}

impl VendorOrderBody {
    fn new(order: &Order, shipment: Shipment) -> Self {
        let part = order.shipments.iter().find(|part| part.id == shipment.id);
        let money = |amount: Option<i64>| order.money(amount.unwrap_or_default());
        Self {
            id: order.id,
            status: order.status,
            payment_status: order.payment.state,
            refund_status: part.map_or(Refund::None, refund_of),
            lines: shipment.lines.clone(),
            totals: VendorTotals {
                items: shipment.items_total,
                shipping: money(part.map(|part| part.shipping_total)),
                refunded: money(part.map(|part| part.refunded().gross())),
                commission: part.map_or(0, |part| part.commission),
            },
            ship_to: shipment.address.clone(),
            created_at: order.created_at,
            confirmed_at: order.confirmed_at,
            shipment: shipment.into(),
        }
    }
}

/// How much goes back of what was paid for a part.
fn refund_of(part: &OrderShipment) -> Refund {
    Refund::of(part.refunded().gross(), part.sold().gross())
}

/// Lists the vendor's parts of orders, newest first. What is not confirmed yet is not there.
#[utoipa::path(
    get, path = "/api/v1/vendor/orders", tag = "fulfilment",
    params(PageQuery),
    responses(
        (status = 200, body = Listed<VendorOrderBody>),
        (status = 400, body = ErrorBody, description = "`invalid_query`, `invalid_cursor`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_vendor_orders(
    State(deps): State<Deps>,
    staff: Staff,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<VendorOrderBody>>> {
    let page = shipment::list(&deps.store, staff.vendor, None, &page.paging()?).await?;
    let places: Vec<_> = page.data.iter().map(|shipment| (shipment.channel, shipment.order_id)).collect();
    let orders = order::get_all(&deps.store, &places).await?;
    let mut data = Vec::with_capacity(page.data.len());
    for shipment in page.data {
        let order =
            orders.iter().find(|order| order.id == shipment.order_id).ok_or_else(ApiError::internal)?;
        data.push(VendorOrderBody::new(order, shipment));
    }
    Ok(Json(Listed { data, next_cursor: page.next_cursor }))
}

/// Shows the vendor's part of one order.
#[utoipa::path(
    get, path = "/api/v1/vendor/orders/{id}", tag = "fulfilment",
    params(NamedOrder),
    responses(
        (status = 200, body = VendorOrderBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 404, body = ErrorBody, description = "No such order, or no part of it is yours"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_vendor_order(
    State(deps): State<Deps>,
    staff: Staff,
    Path(named): Path<NamedOrder>,
) -> Result<Json<VendorOrderBody>> {
    let (order, part) = with_part_of(&deps, &staff, named.id).await?;
    let shipment = shipment::get(&deps.store, staff.vendor, part).await?;
    Ok(Json(VendorOrderBody::new(&order, shipment)))
}

/// The order with the part of it that is the vendor's: it was bought in the market or in the vendor's own shop.
pub(crate) async fn with_part_of(deps: &Deps, staff: &Staff, id: OrderId) -> Result<(Order, ShipmentId)> {
    let places = [(Tenant::Platform, id), (staff.tenant(), id)];
    let orders = order::get_all(&deps.store, &places).await?;
    let placed = orders.into_iter().filter(|order| !order.is_provisional());
    let mut theirs = placed.filter_map(|order| {
        let part = order.shipments.iter().find(|part| part.vendor_id == staff.vendor)?.id;
        Some((order, part))
    });
    theirs.next().ok_or_else(ApiError::not_found)
}
