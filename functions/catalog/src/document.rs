//! `GET /api/v1/openapi.json`: what this API takes and answers, generated from the code of all functions.

use axum::{http::HeaderMap, response::Response};

use crate::cached;

const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "catalog",
    responses(
        (status = 200, description = "An OpenAPI 3.1 document.", content_type = "application/json"),
        (status = 304, description = "It is as `If-None-Match` has it."),
    ),
)]
pub(crate) async fn get_openapi(headers: HeaderMap) -> Response {
    cached::told(&headers, "public, max-age=300", DOCUMENT.to_owned())
}
