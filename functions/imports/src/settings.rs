//! Where a vendor's feed comes from.

use axum::{extract::State, http::StatusCode};
use domain::{
    feed::{BadLink, link},
    vendor::Marketplace,
};
use web::{ApiError, ErrorBody, Json, Result, Staff};

use crate::Deps;

/// Answers where the vendor's feed comes from.
#[utoipa::path(
    get, path = "/api/v1/vendor/settings/marketplace", tag = "imports",
    responses(
        (status = 200, body = Marketplace),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 404, body = ErrorBody, description = "`not_found`: it was never set"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_marketplace(State(deps): State<Deps>, staff: Staff) -> Result<Json<Marketplace>> {
    let vendor = store::vendor::get(&deps.store, staff.vendor).await?;
    vendor.marketplace.map(Json).ok_or_else(ApiError::not_found)
}

/// Sets where the vendor's feed comes from.
#[utoipa::path(
    put, path = "/api/v1/vendor/settings/marketplace", tag = "imports",
    request_body = Marketplace,
    responses(
        (status = 200, body = Marketplace),
        (status = 400, body = ErrorBody, description = "`invalid_json`, `invalid_body`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 422, body = ErrorBody, description = "`invalid_value`, `feed_address_refused`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn set_marketplace(
    State(deps): State<Deps>,
    staff: Staff,
    Json(body): Json<Marketplace>,
) -> Result<Json<Marketplace>> {
    let staff = staff.writing()?;
    let csv_url = link(&body.csv_url, deps.reach).map_err(refused)?.into();
    if !is_language(&body.language) {
        return Err(ApiError::invalid("language", "A language is written as de or de-LU."));
    }
    let body = Marketplace { csv_url, ..body };
    let vendor = store::vendor::set_marketplace(&deps.store, staff.vendor, &body).await?;
    Ok(Json(vendor.marketplace.unwrap_or(body)))
}

fn refused(link: BadLink) -> ApiError {
    let message = format!("{link}.");
    match link {
        BadLink::NotPublic => {
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "feed_address_refused", message).param("csv_url")
        }
        BadLink::NotAWebAddress | BadLink::Credentials => ApiError::invalid("csv_url", message),
    }
}

fn is_language(text: &str) -> bool {
    let (language, region) = text.split_once('-').unwrap_or((text, "XX"));
    let two = |part: &str, letter: fn(&u8) -> bool| part.len() == 2 && part.bytes().all(|byte| letter(&byte));
    two(language, u8::is_ascii_lowercase) && two(region, u8::is_ascii_uppercase)
}
