use axum::extract::State;
use domain::{
    Currency,
    account::{AdminRole, Staff, StaffRole},
    country::Country,
    email::Email,
    slug::Slug,
    text::Name,
    vendor::Vendor,
};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{
    Admin, ApiError, ErrorBody, Json,
    idempotent::{Once, made},
};

use super::body::VendorBody;
use crate::Deps;

/// A vendor that is to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewVendor {
    name: Name,
    slug: Slug,
    /// Whom the welcome mail invites to run it.
    owner_email: Email,
    country: Country,
    /// What it sells in: one that Stripe charges in its minor units as ISO 4217 has them, so not BHD, ISK, JOD, KWD, MGA, OMR, TND or UGX.
    currency: Currency,
}

/// Makes a vendor and invites its owner by mail; it sells once the owner has activated.
#[utoipa::path(
    post,
    path = "/api/v1/admin/vendors",
    tag = "admin",
    params(("Idempotency-Key" = Option<String>, Header, description = "Kept for 24 hours.")),
    request_body = NewVendor,
    responses(
        (status = 201, body = VendorBody),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "`slug_taken`, `email_taken`, `idempotency_in_progress`"),
        (status = 422, body = ErrorBody, description = "`invalid_value`, `idempotency_key_reused`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn create_vendor(
    State(deps): State<Deps>,
    admin: Admin,
    Once(once): Once,
    Json(body): Json<NewVendor>,
) -> web::Result<(StatusCode, Json<VendorBody>)> {
    if admin.role != AdminRole::Admin {
        return Err(ApiError::forbidden());
    }
    if !body.currency.is_charged_as_it_is() {
        return Err(ApiError::invalid("currency", "Nothing can be sold in this currency."));
    }
    let now = deps.store.now();
    let (id, owner_id) = (deps.ids.next(), deps.ids.next());
    let vendor = Vendor::new(id, owner_id, body.slug, body.name, (body.country, body.currency), now);
    let owner = Staff::invited(owner_id, id, body.owner_email, StaffRole::Owner, now);
    let (vendor, owner) = match store::vendor::create_once(&deps.store, &vendor, &owner, once.as_ref()).await
    {
        Ok(()) => (vendor, owner),
        // By a call that was stopped after its work.
        Err(store::Error::MadeBefore(id)) => {
            let vendor = store::vendor::get(&deps.store, made(&id)?).await?;
            let owner = store::account::staff(&deps.store, vendor.id, vendor.owner_id).await?;
            (vendor, owner)
        }
        Err(error @ store::Error::Taken("email")) => return Err(ApiError::from(error).param("owner_email")),
        Err(error) => return Err(error.into()),
    };
    Ok((StatusCode::CREATED, Json(VendorBody::new(vendor, Some(&owner)))))
}
