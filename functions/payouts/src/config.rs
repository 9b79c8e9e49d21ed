//! `GET /payments/config`: whether the vendor can be paid, and what is missing.

use axum::extract::State;
use domain::payouts::{Payouts, PayoutsStatus, is_payable};
use serde::Serialize;
use utoipa::ToSchema;
use web::{ErrorBody, Json, Result, Staff};

use crate::{Deps, trouble};

/// Why a vendor is not paid whose account Stripe does not know any more.
const ACCOUNT_GONE: &str = "account_gone";

/// How the vendor is paid.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConfigBody {
    status: PayoutsStatus,
    /// Whether its owner has to go through Stripe's form: `POST /payments/setup`.
    needs_setup: bool,
    /// Whether it can sell.
    accepts_payments: bool,
    /// Whether money can be sent to its country at all.
    payable: bool,
    requirements: Requirements,
}

/// What Stripe asks for, in Stripe's words.
#[derive(Serialize, ToSchema)]
pub(crate) struct Requirements {
    #[schema(example = json!(["external_account"]))]
    currently_due: Vec<String>,
    /// Why Stripe does not pay the vendor; `account_gone` where Stripe does not know its account any more, and the platform has to see to it.
    #[schema(example = "requirements.past_due")]
    disabled_reason: Option<String>,
}

/// Answers whether the vendor can be paid, and what is missing. One that is not ready is asked for at Stripe, whatever came of its webhooks.
#[utoipa::path(
    get, path = "/api/v1/vendor/payments/config", tag = "payouts",
    responses(
        (status = 200, body = ConfigBody),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_payments_config(State(deps): State<Deps>, staff: Staff) -> Result<Json<ConfigBody>> {
    let vendor = store::vendor::get(&deps.store, staff.vendor).await?;
    let known = vendor.payouts;
    let payouts = match &known.account_id {
        Some(account) if known.status != PayoutsStatus::Ready => {
            match deps.stripe.account(account).await {
                Ok(found) => {
                    let found = ordering::payouts(found, deps.store.now());
                    if !is_told(&known, &found) {
                        store::vendor::report_account(&deps.store, vendor.id, &found).await?;
                    }
                    found
                }
                Err(error) if error.is_unknown_there() => {
                    tracing::warn!(vendor.id = %vendor.id, error = &error as &dyn std::error::Error, "Stripe does not know an account");
                    let held_back = Some(ACCOUNT_GONE.to_owned());
                    Payouts { status: PayoutsStatus::Restricted, wanted: Vec::new(), held_back, ..known }
                }
                // What is known is better than nothing.
                Err(error) if error.is_transient() => known,
                Err(error) => return Err(trouble(error)),
            }
        }
        _ => known,
    };
    Ok(Json(ConfigBody {
        status: payouts.status,
        needs_setup: matches!(payouts.status, PayoutsStatus::NeedsSetup | PayoutsStatus::Incomplete),
        accepts_payments: payouts.accepts_payments(),
        payable: is_payable(vendor.country),
        requirements: Requirements { currently_due: payouts.wanted, disabled_reason: payouts.held_back },
    }))
}

/// Whether what was found was known, but for when.
fn is_told(known: &Payouts, found: &Payouts) -> bool {
    *known == Payouts { reported_ms: known.reported_ms, ..found.clone() }
}
