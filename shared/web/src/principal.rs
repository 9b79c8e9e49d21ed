//! Who calls: by bearer token (scripts) or by cookie (pages, which must prove that it is they who call).

mod login;
#[cfg(test)]
mod tests;

use axum::extract::FromRequestParts;
use domain::{
    AdminId, CustomerId, StaffId, Tenant, VendorId,
    account::{AdminRole, StaffRole},
};
use http::{HeaderMap, Method, header, request::Parts};
use platform::secret::Secret;
use store::{
    origin,
    session::{self, Principal, Session},
};

pub use login::{
    LogIn, LoggedIn, NewPassword, PrincipalBody, PrincipalKind, Realm, Role, audience, end_session,
    invalid_token, invitation_error, log_in, logged_in,
};

use crate::{ApiError, Audience, Channel, Context, Settings, cookie};

/// Somebody who works for the platform.
#[derive(Clone, Copy, Debug)]
pub struct Admin {
    pub id: AdminId,
    pub role: AdminRole,
}

/// Somebody who works for a vendor.
#[derive(Clone, Copy, Debug)]
pub struct Staff {
    pub id: StaffId,
    pub vendor: VendorId,
    pub role: StaffRole,
}

impl Staff {
    /// Whose data this request is about.
    pub fn tenant(&self) -> Tenant {
        Tenant::Vendor(self.vendor)
    }

    /// Lets those pass who may change the shop.
    ///
    /// # Errors
    /// 403 `forbidden`.
    pub fn writing(self) -> Result<Self, ApiError> {
        if self.role.may_write() { Ok(self) } else { Err(ApiError::forbidden()) }
    }
}

/// A customer of the channel that the request names.
#[derive(Clone, Copy, Debug)]
pub struct CustomerOf {
    pub id: CustomerId,
    pub channel: Tenant,
}

/// A customer of the channel, or a guest. A token that is no good counts as a guest's.
#[derive(Clone, Copy, Debug)]
pub struct MaybeCustomer(pub Option<CustomerId>);

impl<C: Context> FromRequestParts<C> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &C) -> Result<Self, ApiError> {
        match authenticate(parts, context, Audience::Admin).await?.principal {
            Principal::Admin { admin_id, role } => Ok(Self { id: admin_id, role }),
            Principal::Staff { .. } | Principal::Customer { .. } => Err(ApiError::unauthenticated()),
        }
    }
}

impl<C: Context> FromRequestParts<C> for Staff {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &C) -> Result<Self, ApiError> {
        match authenticate(parts, context, Audience::Staff).await?.principal {
            Principal::Staff { staff_id, vendor_id, role } => {
                Ok(Self { id: staff_id, vendor: vendor_id, role })
            }
            Principal::Admin { .. } | Principal::Customer { .. } => Err(ApiError::unauthenticated()),
        }
    }
}

impl<C: Context> FromRequestParts<C> for CustomerOf {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &C) -> Result<Self, ApiError> {
        let here = Channel::from_request_parts(parts, context).await?.tenant();
        match authenticate(parts, context, Audience::Customer(here)).await?.principal {
            Principal::Customer { customer_id, channel } if channel == here => {
                Ok(Self { id: customer_id, channel })
            }
            _ => Err(ApiError::unauthenticated()),
        }
    }
}

impl<C: Context> FromRequestParts<C> for MaybeCustomer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &C) -> Result<Self, ApiError> {
        match CustomerOf::from_request_parts(parts, context).await {
            Ok(customer) => Ok(Self(Some(customer.id))),
            Err(error) if error.status() == http::StatusCode::UNAUTHORIZED => Ok(Self(None)),
            Err(error) => Err(error),
        }
    }
}

/// The token that a request shows.
fn shown_token(
    headers: &HeaderMap,
    method: &Method,
    settings: &Settings,
    audience: Audience,
) -> Result<Secret<String>, ApiError> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().map_err(|_| ApiError::unauthenticated())?;
        let (scheme, token) = text.split_once(' ').ok_or_else(ApiError::unauthenticated)?;
        // The scheme's case does not matter (RFC 9110, 11.1).
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(ApiError::unauthenticated());
        }
        return Ok(Secret::new(token.trim().to_owned()));
    }
    let token = cookie::token(headers, settings, audience).ok_or_else(ApiError::unauthenticated)?;
    if came_from_our_pages(headers, method, settings) { Ok(token) } else { Err(cross_site()) }
}

async fn authenticate<C: Context>(
    parts: &Parts,
    context: &C,
    audience: Audience,
) -> Result<Session, ApiError> {
    let token = shown_token(&parts.headers, &parts.method, context.settings(), audience)?;
    let session = session::find(context.store(), &token).await?.ok_or_else(ApiError::unauthenticated)?;
    match session.principal {
        Principal::Admin { admin_id, .. } => origin::acting(admin_id),
        Principal::Staff { staff_id, .. } => origin::acting(staff_id),
        Principal::Customer { customer_id, .. } => origin::acting(customer_id),
    }
    Ok(session)
}

/// A browser sends cookies with whatever any page asks for; only a script of an allowed page can add this header.
/// Reading without an `Origin` is a page's own request.
fn came_from_our_pages(headers: &HeaderMap, method: &Method, settings: &Settings) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let allowed = match origin {
        Some(origin) => settings.allowed_origins.iter().any(|allowed| allowed == origin),
        None => matches!(*method, Method::GET | Method::HEAD) && !headers.contains_key(header::ORIGIN),
    };
    allowed && headers.contains_key("x-requested-by")
}

fn cross_site() -> ApiError {
    ApiError::new(
        http::StatusCode::FORBIDDEN,
        "cross_site_request",
        "Calls by cookie need an allowed Origin and X-Requested-By.",
    )
}
