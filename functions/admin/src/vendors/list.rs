use axum::extract::State;
use domain::vendor::VendorStatus;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Admin, ErrorBody, Json, Listed, PageQuery, Query, given::unless_blank};

use super::body::VendorBody;
use crate::Deps;

/// Which vendors are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VendorFilter {
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(inline)]
    status: Option<VendorStatus>,
}

/// Lists vendors, newest first; all of them status by status.
#[utoipa::path(
    get,
    path = "/api/v1/admin/vendors",
    tag = "admin",
    params(VendorFilter, PageQuery),
    responses(
        (status = 200, body = Listed<VendorBody>),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_vendors(
    State(deps): State<Deps>,
    _: Admin,
    Query(filter): Query<VendorFilter>,
    Query(page): Query<PageQuery>,
) -> web::Result<Json<Listed<VendorBody>>> {
    let vendors = store::vendor::list(&deps.store, filter.status, &page.paging()?).await?;
    Ok(Json(vendors.map(|vendor| VendorBody::new(vendor, None)).into()))
}
