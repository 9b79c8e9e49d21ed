//! `POST /payments/setup`: the vendor's account is opened, and its owner led to Stripe's form.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::{Timestamp, payouts::is_payable, vendor::Vendor};
use payments::{NewAccount, NewOnboarding, StripeError, keys};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{ApiError, ErrorBody, Json, Result, Staff};

use crate::{Deps, trouble};

/// The longest address of a page.
const MAX_URL: usize = 2_000;

/// Where Stripe leads the owner when the form is done, or does not open any more: pages of the vendor's console.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUp {
    /// Where the owner comes back to, done or not: `GET /payments/config` tells.
    #[schema(format = "uri", max_length = 2000, example = "https://console.example.com/payments")]
    return_url: String,
    /// Where a form is asked for anew.
    #[schema(format = "uri", max_length = 2000, example = "https://console.example.com/payments/again")]
    refresh_url: String,
}

/// Stripe's form. It opens once, for a few minutes.
#[derive(Serialize, ToSchema)]
pub(crate) struct Form {
    #[schema(format = "uri")]
    url: String,
    expires_at: Timestamp,
}

/// Opens the vendor's account at Stripe, where it has none, and answers Stripe's form for what Stripe still has to know.
#[utoipa::path(
    post, path = "/api/v1/vendor/payments/setup", tag = "payouts",
    request_body = SetUp,
    responses(
        (status = 200, body = Form),
        (status = 400, body = ErrorBody, description = "`invalid_json`, `invalid_body`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`: owners and admins alone"),
        (status = 409, body = ErrorBody, description = "`not_payable`: no money can be sent to the vendor's country"),
        (status = 422, body = ErrorBody, description = "`invalid_value`: not a page of the console"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn set_up_payments(
    State(deps): State<Deps>,
    staff: Staff,
    Json(body): Json<SetUp>,
) -> Result<Json<Form>> {
    if !staff.role.may_set_payments() {
        return Err(ApiError::forbidden());
    }
    for (field, url) in [("return_url", &body.return_url), ("refresh_url", &body.refresh_url)] {
        if url.len() > MAX_URL || !is_ours(url, &deps.settings.allowed_origins) {
            return Err(ApiError::invalid(field, "This is no page of the console."));
        }
    }
    let vendor = store::vendor::get(&deps.store, staff.vendor).await?;
    let account = match vendor.payouts.account_id {
        Some(id) => id,
        None => opened(&deps, &vendor).await?,
    };
    let asked = NewOnboarding { account, refresh_url: body.refresh_url, return_url: body.return_url };
    let form = deps.stripe.onboard(asked).await.map_err(trouble)?;
    Ok(Json(Form { url: form.url, expires_at: Timestamp::from_secs(form.expires_at) }))
}

/// Opens the vendor's account; a repeat, or one who is beside it, gets the same.
async fn opened(deps: &Deps, vendor: &Vendor) -> Result<String> {
    if !is_payable(vendor.country) {
        let message = format!("No money can be sent to {}.", vendor.country);
        return Err(ApiError::conflict("not_payable", message));
    }
    let owner = store::account::staff(&deps.store, vendor.id, vendor.owner_id).await?;
    for key in keys(format!("account:{}", vendor.id)) {
        let new = NewAccount {
            key,
            country: vendor.country.to_string(),
            email: owner.email.as_str().to_owned(),
            metadata: BTreeMap::from([("vendor_id".to_owned(), vendor.id.to_string())]),
        };
        let made = match deps.stripe.create_account(new).await {
            // An account that nobody has heard of stays empty.
            Err(StripeError::Stuck) => continue,
            other => other.map_err(trouble)?,
        };
        let payouts = ordering::payouts(made, deps.store.now());
        let noted = match store::vendor::open_account(&deps.store, vendor.id, &payouts).await {
            // Somebody beside us opened another.
            Err(store::Error::VersionConflict) => store::vendor::get(&deps.store, vendor.id).await?,
            other => other?,
        };
        return noted.payouts.account_id.ok_or_else(ApiError::internal);
    }
    Err(trouble(StripeError::Stuck))
}

/// Whether a page is one of these origins'.
fn is_ours(url: &str, origins: &[String]) -> bool {
    let rest = origins.iter().find_map(|origin| url.strip_prefix(origin.as_str()));
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    plain && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}
