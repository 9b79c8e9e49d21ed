//! The one place that knows status codes.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use domain::{Money, VariantId, cart::CartError};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

pub type Result<T, E = ApiError> = std::result::Result<T, E>;

/// What every answer holds that is not a success, in Stripe's shape.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorDetail {
    #[serde(rename = "type")]
    pub kind: ErrorType,
    /// Stable: programs may depend on it.
    #[schema(example = "insufficient_stock")]
    pub code: Cow<'static, str>,
    /// For people; it may change.
    pub message: Cow<'static, str>,
    /// The field that is wrong, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// How many there are, where there are too few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<i64>,
    /// What it cost when the customer saw it, and what it costs now, where that has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<ChangedPrice>,
}

/// A price that has changed.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ChangedPrice {
    pub was: Money,
    pub now: Money,
}

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorType {
    InvalidRequestError,
    AuthenticationError,
    PermissionError,
    ConflictError,
    IdempotencyError,
    RateLimitError,
    ApiError,
}

/// An answer that is not a success.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    detail: Box<ErrorDetail>,
    retry_after_s: Option<u32>,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let kind = match status {
            StatusCode::UNAUTHORIZED => ErrorType::AuthenticationError,
            StatusCode::FORBIDDEN => ErrorType::PermissionError,
            StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => ErrorType::ConflictError,
            StatusCode::TOO_MANY_REQUESTS => ErrorType::RateLimitError,
            status if status.is_server_error() => ErrorType::ApiError,
            _ => ErrorType::InvalidRequestError,
        };
        let detail = ErrorDetail {
            kind,
            code: code.into(),
            message: message.into(),
            param: None,
            available: None,
            price: None,
        };
        Self { status, detail: Box::new(detail), retry_after_s: None }
    }

    /// 400: the request can't be read.
    pub fn malformed(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 422: the request can be read, and asks for something that makes no sense.
    pub fn invalid(param: impl Into<String>, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", message).param(param)
    }

    /// 401, the same whatever is wrong with the credentials.
    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Log in first.")
    }

    /// 403: one's own tenant, but not one's role.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Your role does not allow this.")
    }

    /// 404, the same for what is another tenant's and for what was never made.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing.")
    }

    pub fn conflict(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 503: the same request may succeed a little later.
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Try again in a moment.").retry_after(1)
    }

    /// 500: a fault of ours. What it was is logged, never told.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "Something went wrong on our side.")
    }

    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.detail.param = Some(param.into());
        self
    }

    #[must_use]
    pub fn available(mut self, units: i64) -> Self {
        self.detail.available = Some(units);
        self
    }

    /// 409: a variant costs something else than the customer saw.
    pub fn price_changed(variant: VariantId, was: Money, now: Money) -> Self {
        let mut error = Self::conflict("price_changed", format!("The price of {variant} has changed."));
        error.detail.price = Some(ChangedPrice { was, now });
        error.param("variant_id")
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    #[must_use]
    pub fn of_kind(mut self, kind: ErrorType) -> Self {
        self.detail.kind = kind;
        self
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn code(&self) -> &str {
        &self.detail.code
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let code = ErrorCode(self.detail.code.clone());
        let mut response = (self.status, axum::Json(ErrorBody { error: *self.detail })).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.extensions_mut().insert(code);
        response
    }
}

/// The code of what lost to another change, and may fare better when it is tried again.
pub(crate) const CONFLICT: &str = "conflict";

/// The code of an error's answer, for the log.
#[derive(Clone)]
pub(crate) struct ErrorCode(pub(crate) Cow<'static, str>);

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        use store::Error as E;
        match error {
            E::NotFound => Self::not_found(),
            E::VersionConflict | E::DoneBefore | E::MadeBefore(_) => {
                Self::conflict(CONFLICT, "It was changed at the same time. Try again.").retry_after(1)
            }
            E::InsufficientStock { variant, available } => {
                Self::conflict("insufficient_stock", format!("Only {available} of {variant} are available."))
                    .param("quantity")
                    .available(available)
            }
            E::HeldStock { held } => Self::conflict("stock_held", format!("{held} are held for customers."))
                .param("on_hand")
                .available(held),
            E::Striped => {
                Self::conflict("sold_in_stripes", "That can't be done while it is sold in stripes.")
            }
            E::TooMany => Self::conflict("too_many", "A variant has no more than a million units."),
            E::PriceChanged { variant, was, now } => Self::price_changed(variant, was, now),
            E::NotForSale(variant) => {
                Self::conflict("product_unavailable", format!("{variant} is not for sale."))
                    .param("variant_id")
            }
            E::Taken(what) => Self::conflict(
                match what {
                    "slug" => "slug_taken",
                    "sku" => "sku_taken",
                    _ => "email_taken",
                },
                format!("This {what} is taken."),
            )
            .param(what),
            E::BadCursor => {
                Self::malformed("invalid_cursor", "This is no cursor of this list.").param("cursor")
            }
            E::Table(table::Error::Conflict | table::Error::Throttled | table::Error::Unavailable(_)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the table did not answer");
                Self::unavailable()
            }
            E::Table(_) | E::Corrupt(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
                Self::internal()
            }
        }
    }
}

impl From<CartError> for ApiError {
    fn from(error: CartError) -> Self {
        let message = format!("{error}.");
        match error {
            CartError::NotActive(_) => Self::conflict("cart_not_active", message),
            CartError::Quantity => Self::invalid("quantity", message),
            CartError::Full => Self::conflict("cart_full", message),
            CartError::CurrencyMismatch(_) => Self::conflict("currency_mismatch", message),
            CartError::NotForSale => Self::conflict("product_unavailable", message).param("variant_id"),
            CartError::NoSuchLine => Self::not_found(),
            CartError::Empty => Self::conflict("cart_empty", message),
            CartError::TooMuch => Self::conflict("amount_too_large", message),
            CartError::NotShipped(_) => {
                Self::conflict("not_shipped", message).param("shipping_address.country")
            }
        }
    }
}

impl From<domain::IllegalTransition> for ApiError {
    fn from(error: domain::IllegalTransition) -> Self {
        Self::conflict("invalid_state", format!("The {} is {}.", error.machine, error.state))
    }
}
