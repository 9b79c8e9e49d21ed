use axum::extract::State;
use domain::{
    LedgerTransactionId, Money, OrderId, Timestamp,
    ledger::{Direction, Kind, Transaction},
};
use serde::{Deserialize, Serialize};
use store::{ledger, reconciliation};
use utoipa::{IntoParams, ToSchema};
use web::{Admin, ErrorBody, Json, Query, given::unless_blank};

use crate::Deps;

/// Whose postings are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LedgerFilter {
    /// The order whose postings are shown.
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(nullable = false)]
    order_id: Option<OrderId>,
}

/// The platform's books.
#[derive(Serialize, ToSchema)]
pub(crate) struct BooksBody {
    /// What was on each account when the latest reconciliation read the books; the vendors' accounts are one.
    balances: Vec<AccountBody>,
    /// When that was.
    as_of: Option<Timestamp>,
    /// What was posted for the order that was asked for.
    data: Vec<TransactionBody>,
}

/// An account with what is on it.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountBody {
    #[schema(example = "PLATFORM_REVENUE")]
    account: String,
    /// Credits less debits.
    balance: Money,
}

/// A balanced set of debits and credits.
#[derive(Serialize, ToSchema)]
pub(crate) struct TransactionBody {
    id: LedgerTransactionId,
    kind: Kind,
    order_id: OrderId,
    entries: Vec<PostedEntry>,
    posted_at: Timestamp,
}

/// One side of a transaction.
#[derive(Serialize, ToSchema)]
pub(crate) struct PostedEntry {
    #[schema(example = "STRIPE_CLEARING")]
    account: String,
    direction: Direction,
    amount: Money,
}

impl From<Transaction> for TransactionBody {
    fn from(posted: Transaction) -> Self {
        let entry = |entry: &domain::ledger::Entry| PostedEntry {
            account: entry.account.to_string(),
            direction: entry.direction,
            amount: Money::new(entry.amount, posted.currency),
        };
        Self {
            id: posted.id,
            kind: posted.kind,
            order_id: posted.order_id,
            entries: posted.entries.iter().map(entry).collect(),
            posted_at: posted.posted_at,
        }
    }
}

/// Shows what is on the platform's accounts, and what was posted for an order.
#[utoipa::path(
    get,
    path = "/api/v1/admin/ledger",
    tag = "admin",
    params(LedgerFilter),
    responses(
        (status = 200, body = BooksBody),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "No such order"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_ledger(
    State(deps): State<Deps>,
    _: Admin,
    Query(filter): Query<LedgerFilter>,
) -> web::Result<Json<BooksBody>> {
    let mut data: Vec<Transaction> = match filter.order_id {
        Some(id) => {
            let order = store::order::find(&deps.store, id).await?;
            ledger::of_order(&deps.store, &order.channel, id).await?
        }
        None => Vec::new(),
    };
    data.sort_by_key(|posted| (posted.posted_at, posted.id));
    let run = reconciliation::latest_ended(&deps.store).await?;
    let balances = run.iter().flat_map(|run| &run.balances).filter_map(|(name, amount)| {
        let (account, currency) = name.split_once(' ')?;
        let balance = Money::new(*amount, currency.parse().ok()?);
        Some(AccountBody { account: account.to_owned(), balance })
    });
    Ok(Json(BooksBody {
        balances: balances.collect(),
        as_of: run.as_ref().and_then(|run| run.finished_at),
        data: data.into_iter().map(TransactionBody::from).collect(),
    }))
}
