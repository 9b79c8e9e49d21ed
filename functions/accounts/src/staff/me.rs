use axum::extract::State;
use domain::{Currency, VendorId, country::Country, slug::Slug, text::Name, vendor::VendorStatus};
use serde::Serialize;
use store::{
    Error,
    account::{self, Account},
};
use utoipa::ToSchema;
use web::{ApiError, ErrorBody, Json, Staff, principal::PrincipalBody};

use crate::Deps;

/// Who is logged in, and whom it works for.
#[derive(Serialize, ToSchema)]
pub(crate) struct StaffMe {
    #[serde(flatten)]
    principal: PrincipalBody,
    shop: Shop,
}

/// The vendor's shop.
#[derive(Serialize, ToSchema)]
pub(crate) struct Shop {
    id: VendorId,
    slug: Slug,
    name: Name,
    status: VendorStatus,
    country: Country,
    currency: Currency,
}

/// Answers who is logged in.
#[utoipa::path(
    get,
    path = "/api/v1/vendor/me",
    tag = "accounts",
    responses((status = 200, body = StaffMe), (status = 401, body = ErrorBody)),
    security(("bearer" = [])),
)]
pub(crate) async fn get_staff_me(State(deps): State<Deps>, staff: Staff) -> web::Result<Json<StaffMe>> {
    let person = account::staff(&deps.store, staff.vendor, staff.id).await.map_err(|error| match error {
        Error::NotFound => ApiError::unauthenticated(),
        error => error.into(),
    })?;
    let vendor = store::vendor::get(&deps.store, staff.vendor).await?;
    let shop = Shop {
        id: vendor.id,
        slug: vendor.slug,
        name: vendor.name,
        status: vendor.status,
        country: vendor.country,
        currency: vendor.currency,
    };
    Ok(Json(StaffMe { principal: PrincipalBody::from(&Account::Staff(person)), shop }))
}
