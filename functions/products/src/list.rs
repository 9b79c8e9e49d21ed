//! `GET /products`: a vendor looks through its catalogue.

use axum::extract::State;
use domain::product::ProductStatus;
use serde::Deserialize;
use store::product;
use utoipa::IntoParams;
use web::{
    ApiError, ErrorBody, Json, Listed, PageQuery, ProductBody, Query, Result, Staff, given::unless_blank,
};

use crate::Deps;

/// The longest text to look for.
const MAX_TEXT: usize = 200;

/// Which products are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(nullable = false)]
    status: Option<ProductStatus>,
    /// What the title or the code holds, in any case.
    #[serde(default, deserialize_with = "unless_blank")]
    #[param(max_length = 200, nullable = false)]
    q: Option<String>,
}

/// Lists the vendor's products, newest first. With a filter a page may be short and yet have a next one.
#[utoipa::path(
    get, path = "/api/v1/vendor/products", tag = "products",
    params(PageQuery, Filter),
    responses(
        (status = 200, body = Listed<ProductBody>),
        (status = 400, body = ErrorBody, description = "`invalid_query`, `invalid_cursor`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_vendor_products(
    State(deps): State<Deps>,
    staff: Staff,
    Query(page): Query<PageQuery>,
    Query(filter): Query<Filter>,
) -> Result<Json<Listed<ProductBody>>> {
    let text = filter.q.as_deref();
    if text.is_some_and(|text| text.chars().count() > MAX_TEXT) {
        return Err(ApiError::malformed("invalid_query", "Look for up to 200 characters.").param("q"));
    }
    let page = product::search(&deps.store, staff.vendor, filter.status, text, &page.paging()?).await?;
    let page = product::with_variants(&deps.store, page).await?;
    Ok(Json(page.map(ProductBody::from).into()))
}
