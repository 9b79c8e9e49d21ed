//! `GET /ledger`: what the platform owes a vendor, and how it came to that.

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    Currency, LedgerTransactionId, Money, OrderId, Tenant, Timestamp,
    ledger::{Direction, Kind},
};
use serde::{Deserialize, Serialize};
use store::{
    ledger::{self, Line, Span},
    page::{Paging, Slice},
};
use utoipa::{IntoParams, ToSchema};
use web::{ApiError, ErrorBody, Json, PageQuery, Query, Result, Staff, given::unless_blank};

use crate::Deps;

/// The most lines of one file.
const MOST_LINES: usize = 10_000;

/// Which entries are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LedgerFilter {
    /// Those of one order, in the order of posting; nothing else is filtered then.
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(nullable = false)]
    order_id: Option<OrderId>,
    /// Those from this time on.
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(nullable = false)]
    from: Option<Timestamp>,
    /// Those before this time; the balance is that of then.
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(nullable = false)]
    until: Option<Timestamp>,
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(nullable = false, inline)]
    format: Option<Format>,
}

/// How the entries are written.
#[derive(Clone, Copy, Deserialize, ToSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    Json,
    /// All entries of the span, up to 10,000, in one file.
    Csv,
}

/// A vendor's balance with a page of its entries.
#[derive(Serialize, ToSchema)]
pub(crate) struct LedgerBody {
    /// What the platform owes the vendor in its own currency: credits less debits; below zero what the vendor owes.
    balance: Money,
    /// The same in each currency.
    balances: Vec<Money>,
    data: Vec<LedgerEntryBody>,
    next_cursor: Option<String>,
}

/// One entry on the vendor's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct LedgerEntryBody {
    /// The transaction's id and the entry's place in it.
    id: String,
    transaction_id: LedgerTransactionId,
    /// What it is about.
    kind: Option<Kind>,
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
            kind: line.kind,
            account: line.account.to_string(),
            direction: line.direction,
            amount: line.amount,
            order_id: line.order_id,
            created_at: line.created_at,
        }
    }
}

/// Shows the vendor's balance and its entries, newest first, of all time, of a span or of an order; as JSON or as a CSV file.
#[utoipa::path(
    get, path = "/api/v1/vendor/ledger", tag = "fulfilment",
    params(PageQuery, LedgerFilter),
    responses(
        (status = 200, description = "As JSON, or as a file where that was asked for", content((LedgerBody = "application/json"), (String = "text/csv"))),
        (status = 400, body = ErrorBody, description = "`invalid_query`, `invalid_cursor`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 422, body = ErrorBody, description = "`too_many_lines`: a file has 10,000 at most"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_vendor_ledger(
    State(deps): State<Deps>,
    staff: Staff,
    Query(page): Query<PageQuery>,
    Query(filter): Query<LedgerFilter>,
) -> Result<Response> {
    let paging = page.paging()?;
    let vendor = store::vendor::get(&deps.store, staff.vendor).await?;
    // The account is there since the vendor is.
    let opened = Span { from: vendor.created_at, until: filter.until };
    let span = Span { from: filter.from.unwrap_or(opened.from).max(opened.from), ..opened };
    let csv = filter.format == Some(Format::Csv);
    let lines = match filter.order_id {
        Some(order) => of_order(&deps, &staff, order).await?,
        None if csv => all(&deps, &staff, span).await?,
        None => ledger::statement(&deps.store, vendor.id, span, &paging).await?,
    };
    if csv {
        return file(lines.data);
    }
    let mut balances = ledger::balances(&deps.store, vendor.id, opened).await?;
    let own = *balances.entry(vendor.currency).or_default();
    let body = LedgerBody {
        balance: Money::new(own, vendor.currency),
        balances: balances.into_iter().map(|(currency, amount)| Money::new(amount, currency)).collect(),
        data: lines.data.into_iter().map(LedgerEntryBody::from).collect(),
        next_cursor: lines.next_cursor,
    };
    Ok(Json(body).into_response())
}

/// It was bought in the market or in the vendor's own shop; of another's there is nothing on this account.
async fn of_order(deps: &Deps, staff: &Staff, order: OrderId) -> Result<Slice<Line>> {
    let mut data = Vec::new();
    for channel in [Tenant::Platform, staff.tenant()] {
        data.extend(ledger::of_order_and_vendor(&deps.store, &channel, order, staff.vendor).await?);
    }
    Ok(Slice { data, next_cursor: None })
}

async fn all(deps: &Deps, staff: &Staff, span: Span) -> Result<Slice<Line>> {
    let (mut data, mut cursor) = (Vec::new(), None);
    loop {
        let paging = Paging { limit: 1_000, cursor };
        let page = ledger::statement(&deps.store, staff.vendor, span, &paging).await?;
        data.extend(page.data);
        if data.len() > MOST_LINES {
            let message = "A file has 10,000 entries at most: ask for a shorter span.";
            return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_lines", message));
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(Slice { data, next_cursor: None });
        }
    }
}

/// A line of the file; amounts are in minor units.
#[derive(Serialize)]
struct Row {
    created_at: Timestamp,
    transaction_id: LedgerTransactionId,
    entry: u32,
    kind: Option<Kind>,
    order_id: OrderId,
    direction: Direction,
    amount: i64,
    currency: Currency,
}

/// A file that any spreadsheet opens.
fn file(lines: Vec<Line>) -> Result<Response> {
    let mut file = csv::Writer::from_writer(Vec::new());
    for line in lines {
        let row = Row {
            created_at: line.created_at,
            transaction_id: line.transaction_id,
            entry: line.entry,
            kind: line.kind,
            order_id: line.order_id,
            direction: line.direction,
            amount: line.amount.amount,
            currency: line.amount.currency,
        };
        file.serialize(row).map_err(|_| ApiError::internal())?;
    }
    let text = file.into_inner().map_err(|_| ApiError::internal())?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"ledger.csv\"")),
    ];
    Ok((headers, text).into_response())
}
