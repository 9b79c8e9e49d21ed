//! Reading requests: bodies, addresses and queries become domain types, and what does not gets a clear 4xx.

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, error::Category};

use crate::ApiError;

/// The largest JSON body.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// A JSON body, read or answered.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            let message = "Send application/json.";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
        }
        let bytes = read_body(request).await?;
        parse(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A request's headers and its body as it came, up to [`MAX_BODY_BYTES`]: what a signature is over.
pub async fn raw(request: Request) -> Result<(http::HeaderMap, Bytes), ApiError> {
    let headers = request.headers().clone();
    Ok((headers, read_body(request).await?))
}

/// Reads a body of up to [`MAX_BODY_BYTES`].
pub(crate) async fn read_body(request: Request) -> Result<Bytes, ApiError> {
    let limited = Limited::new(request.into_body(), MAX_BODY_BYTES);
    match limited.collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload_too_large",
            "A body holds at most 256 KiB.",
        )),
        Err(_) => Err(ApiError::malformed("unreadable_body", "The body could not be read.")),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        explain(error.inner(), &path)
    })?;
    deserializer.end().map_err(|error| explain(&error, "."))?;
    Ok(read)
}

fn explain(error: &serde_json::Error, path: &str) -> ApiError {
    match error.classify() {
        // serde_json calls a value of the wrong type a syntax error where it expected an enum's name.
        Category::Syntax if path != "." => {
            ApiError::malformed("invalid_body", "A value of another type is expected.").param(path)
        }
        Category::Syntax | Category::Eof | Category::Io => {
            ApiError::malformed("invalid_json", "The body is not JSON.")
        }
        Category::Data => {
            let text = error.to_string();
            // serde_json appends where in the text it was.
            let text = text.split(" at line ").next().unwrap_or_default().to_owned();
            let shape = [
                "invalid type",
                "missing field",
                "unknown field",
                "duplicate field",
                "invalid length",
                "trailing",
            ];
            let wrong_shape = shape.iter().any(|start| text.starts_with(start));
            let mut told = if wrong_shape {
                ApiError::malformed("invalid_body", format!("{text}."))
            } else {
                ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", format!("{text}."))
            };
            if path != "." {
                told = told.param(path);
            }
            told
        }
    }
}

/// The parameters of an address, by name. Whatever does not parse was never made: 404.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::not_found())?;
        let named: Map<String, Value> =
            params.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        serde_json::from_value(Value::Object(named)).map(Self).map_err(|_| ApiError::not_found())
    }
}

/// The query of an address.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let deserializer = serde_urlencoded::Deserializer::new(url_pairs(query));
        serde_path_to_error::deserialize(deserializer).map(Self).map_err(|error| {
            let path = error.path().to_string();
            let told = ApiError::malformed("invalid_query", format!("{}.", error.inner()));
            if path == "." { told } else { told.param(path) }
        })
    }
}

fn url_pairs(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}
