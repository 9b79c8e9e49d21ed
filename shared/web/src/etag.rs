//! Versions as entity tags (RFC 9110, 8.8.3 and 13.1.1).

use axum::extract::FromRequestParts;
use http::{HeaderValue, StatusCode, header, request::Parts};

use crate::ApiError;

/// The entity tag of a version: `"7"`.
pub fn etag(version: u64) -> (http::HeaderName, HeaderValue) {
    let value = HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""));
    (header::ETAG, value)
}

/// The version that a change is meant for, where the request says so.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(pub Option<u64>);

impl IfMatch {
    /// Compares with the version that is there.
    ///
    /// # Errors
    /// 412 `version_conflict`.
    pub fn check(self, version: u64) -> Result<(), ApiError> {
        match self.0 {
            Some(wanted) if wanted != version => Err(version_conflict()),
            _ => Ok(()),
        }
    }
}

/// 412: the thing is not at the version that the request was made for.
pub fn version_conflict() -> ApiError {
    ApiError::new(StatusCode::PRECONDITION_FAILED, "version_conflict", "It was changed since you read it.")
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            return Ok(Self(None));
        };
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version =
            text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|tag| tag.parse().ok());
        // A tag that was never given out matches nothing.
        Ok(Self(Some(version.unwrap_or(u64::MAX))))
    }
}
