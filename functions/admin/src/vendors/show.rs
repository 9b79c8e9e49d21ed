use axum::extract::State;
use domain::VendorId;
use serde::Deserialize;
use store::{Error, account};
use web::{Admin, ErrorBody, Json, Path};

use super::body::VendorBody;
use crate::Deps;

#[derive(Deserialize)]
pub(crate) struct VendorPath {
    id: VendorId,
}

/// Answers a vendor.
#[utoipa::path(
    get,
    path = "/api/v1/admin/vendors/{id}",
    tag = "admin",
    params(("id" = VendorId, Path)),
    responses(
        (status = 200, body = VendorBody),
        (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_vendor(
    State(deps): State<Deps>,
    _: Admin,
    Path(path): Path<VendorPath>,
) -> web::Result<Json<VendorBody>> {
    let vendor = store::vendor::get(&deps.store, path.id).await?;
    let owner = match account::staff(&deps.store, vendor.id, vendor.owner_id).await {
        Ok(owner) => Some(owner),
        Err(Error::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Json(VendorBody::new(vendor, owner.as_ref())))
}
