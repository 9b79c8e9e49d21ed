//! `GET /payouts`: what went from the vendor's account at Stripe to its bank.

use axum::extract::State;
use domain::{Currency, Money, Timestamp};
use payments::{Payout, StripeError};
use serde::Serialize;
use utoipa::ToSchema;
use web::{ApiError, ErrorBody, Json, Listed, PageQuery, Query, Result, Staff};

use crate::{Deps, trouble};

/// Money that went from the vendor's account to its bank.
#[derive(Serialize, ToSchema)]
pub(crate) struct PayoutBody {
    /// Stripe's id.
    #[schema(example = "po_1QyZ8r2eZvKYlo2C")]
    id: String,
    amount: Money,
    /// `paid`, `pending`, `in_transit`, `canceled` or `failed`, as Stripe has it.
    #[schema(example = "paid")]
    status: String,
    arrival_date: Timestamp,
    created_at: Timestamp,
}

impl TryFrom<Payout> for PayoutBody {
    type Error = domain::currency::NotACurrency;

    fn try_from(payout: Payout) -> std::result::Result<Self, Self::Error> {
        let currency: Currency = payout.currency.parse()?;
        Ok(Self {
            id: payout.id,
            amount: Money::new(payout.amount, currency),
            status: payout.status,
            arrival_date: Timestamp::from_secs(payout.arrival),
            created_at: Timestamp::from_secs(payout.created),
        })
    }
}

/// Lists the vendor's payouts, newest first, as Stripe has them.
#[utoipa::path(
    get, path = "/api/v1/vendor/payouts", tag = "payouts",
    params(PageQuery),
    responses(
        (status = 200, body = Listed<PayoutBody>),
        (status = 400, body = ErrorBody, description = "`invalid_query`, `invalid_cursor`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_payouts(
    State(deps): State<Deps>,
    staff: Staff,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<PayoutBody>>> {
    let paging = page.paging()?;
    let after = paging.position()?;
    let vendor = store::vendor::get(&deps.store, staff.vendor).await?;
    let Some(account) = vendor.payouts.account_id else {
        return Ok(Json(Listed { data: Vec::new(), next_cursor: None }));
    };
    let (found, more) = match deps.stripe.payouts(&account, paging.limit, after.as_deref()).await {
        // The cursor names no payout of this account.
        Err(StripeError::NotFound | StripeError::Refused { .. }) if after.is_some() => {
            return Err(store::Error::BadCursor.into());
        }
        other => other.map_err(trouble)?,
    };
    let last = found.last().map(|payout| store::page::encode(&payout.id));
    let data = found.into_iter().map(PayoutBody::try_from).collect::<std::result::Result<_, _>>();
    let data = data.map_err(|_| ApiError::internal())?;
    Ok(Json(Listed { data, next_cursor: last.filter(|_| more) }))
}
