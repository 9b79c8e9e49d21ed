use axum::extract::State;
use domain::VendorId;
use serde::Deserialize;
use store::{monthly, product};
use utoipa::IntoParams;
use web::{Admin, ErrorBody, Json, Listed, PageQuery, ProductBody, Query, given::unless_blank};

use crate::{Deps, lists::EVERYBODYS};

/// Whose products are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProductFilter {
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(nullable = false)]
    vendor: Option<VendorId>,
}

/// Lists a vendor's products, or everybody's, newest first, whatever their status.
#[utoipa::path(
    get,
    path = "/api/v1/admin/products",
    tag = "admin",
    params(ProductFilter, PageQuery),
    responses(
        (status = 200, body = Listed<ProductBody>),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_all_products(
    State(deps): State<Deps>,
    _: Admin,
    Query(filter): Query<ProductFilter>,
    Query(page): Query<PageQuery>,
) -> web::Result<Json<Listed<ProductBody>>> {
    let paging = page.paging()?;
    let products = match filter.vendor {
        Some(vendor) => product::search(&deps.store, vendor, None, None, &paging).await?,
        None => monthly::newest(&deps.store, EVERYBODYS, &paging, |_| true).await?,
    };
    let products = product::with_variants(&deps.store, products).await?;
    Ok(Json(products.map(ProductBody::from).into()))
}
