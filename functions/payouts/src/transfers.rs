//! `GET /transfers`: what of each order has reached the vendor's account, and what of it came back.

use axum::extract::State;
use domain::{
    Money, OrderId, ShipmentId, Tenant, Timestamp,
    settlement::{MoveKind, Settlement, Waiting},
};
use serde::Serialize;
use store::monthly;
use utoipa::ToSchema;
use web::{ErrorBody, Json, Listed, PageQuery, Query, Result, Staff};

use crate::Deps;

/// A vendor's share of an order, and where it is. `earned - taken_back - withheld + owing = paid + waiting`.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShareBody {
    shipment_id: ShipmentId,
    order_id: OrderId,
    /// Of the sale, without the commission.
    earned: Money,
    /// What of it went back to the buyer.
    taken_back: Money,
    /// What of it pays what the vendor owes.
    withheld: Money,
    /// What of `taken_back` the vendor's account did not cover: it owes that.
    owing: Money,
    /// What has reached the vendor's account.
    paid: Money,
    /// What is still to go there, or, below zero, to come back.
    waiting: Money,
    /// Why it waits.
    waits_for: Option<Waiting>,
    transfers: Vec<TransferBody>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Money that went to the vendor's account, or came back from it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TransferBody {
    /// Stripe's id.
    #[schema(example = "tr_1QyZ8r2eZvKYlo2C")]
    id: String,
    /// The transfer that it takes back a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    reverses: Option<String>,
    amount: Money,
    created_at: Timestamp,
}

impl From<Settlement> for ShareBody {
    fn from(share: Settlement) -> Self {
        let money = |amount| Money::new(amount, share.currency);
        let transfers = share.moves.iter().filter_map(|one| {
            let done = one.done.as_ref()?;
            Some(TransferBody {
                id: done.stripe_id.clone(),
                reverses: match &one.kind {
                    MoveKind::Transfer => None,
                    MoveKind::Reversal { of } => Some(of.clone()),
                },
                amount: money(one.amount),
                created_at: done.done_at,
            })
        });
        Self {
            shipment_id: share.id,
            order_id: share.order_id,
            earned: money(share.earned),
            taken_back: money(share.taken_back),
            withheld: money(share.withheld),
            owing: money(share.owing),
            paid: money(share.paid()),
            waiting: money(share.owed() - share.paid()),
            waits_for: share.waiting,
            transfers: transfers.collect(),
            created_at: share.created_at,
            updated_at: share.updated_at,
        }
    }
}

/// Lists the vendor's shares of orders with their transfers, newest first.
#[utoipa::path(
    get, path = "/api/v1/vendor/transfers", tag = "payouts",
    params(PageQuery),
    responses(
        (status = 200, body = Listed<ShareBody>),
        (status = 400, body = ErrorBody, description = "`invalid_query`, `invalid_cursor`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_transfers(
    State(deps): State<Deps>,
    staff: Staff,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<ShareBody>>> {
    let vendor = store::vendor::get(&deps.store, staff.vendor).await?;
    let whose = (Tenant::Vendor(vendor.id), Some(vendor.created_at));
    let shares = monthly::newest(&deps.store, whose, &page.paging()?, |_: &Settlement| true).await?;
    Ok(Json(shares.map(ShareBody::from).into()))
}
