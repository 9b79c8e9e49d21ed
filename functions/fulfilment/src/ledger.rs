//! `GET /ledger`: what the platform owes a vendor, and how it came to that.

use axum::extract::State;
use domain::{LedgerTransactionId, Money, OrderId, Timestamp, ledger::Direction};
use serde::Serialize;
use store::ledger::{self, Line};
use utoipa::ToSchema;
use web::{ErrorBody, Json, PageQuery, Query, Result, Staff};

use crate::Deps;

/// A vendor's balance with a page of its entries.
#[derive(Serialize, ToSchema)]
pub(crate) struct LedgerBody {
    /// What the platform owes the vendor: credits less debits.
    balance: Money,
    data: Vec<LedgerEntryBody>,
    next_cursor: Option<String>,
}

/// One entry on the vendor's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct LedgerEntryBody {
    /// The transaction's id and the entry's place in it.
    id: String,
    transaction_id: LedgerTransactionId,
    #[schema(example = "VENDOR_PAYABLE:ven_01M7YQM0R13CPS0B7YKGNARDBZ")]
    account: String,
    direction: Direction,
    amount: Money,
    order_id: OrderId,
    created_at: Timestamp,
}

impl From<Line> for LedgerEntryBody {
    fn from(line: Line) -> Self {
        Self {
            id: format!("{}-{}", line.transaction_id, line.entry),
            transaction_id: line.transaction_id,
            account: line.account.to_string(),
            direction: line.direction,
            amount: line.amount,
            order_id: line.order_id,
            created_at: line.created_at,
        }
    }
}

/// Shows the vendor's balance and its entries, newest first.
#[utoipa::path(
    get, path = "/api/v1/vendor/ledger", tag = "fulfilment",
    params(PageQuery),
    responses(
        (status = 200, body = LedgerBody),
        (status = 400, body = ErrorBody, description = "`invalid_query`, `invalid_cursor`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_vendor_ledger(
    State(deps): State<Deps>,
    staff: Staff,
    Query(page): Query<PageQuery>,
) -> Result<Json<LedgerBody>> {
    let paging = page.paging()?;
    let vendor = store::vendor::get(&deps.store, staff.vendor).await?;
    let balance = ledger::balance(&deps.store, vendor.id, vendor.created_at).await?;
    let page = ledger::statement(&deps.store, vendor.id, vendor.created_at, &paging).await?;
    Ok(Json(LedgerBody {
        balance: Money::new(balance, vendor.currency),
        data: page.data.into_iter().map(LedgerEntryBody::from).collect(),
        next_cursor: page.next_cursor,
    }))
}
