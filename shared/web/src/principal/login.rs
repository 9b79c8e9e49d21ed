//! Logging in and out: what all kinds of accounts have in common.

use std::fmt;

use axum::response::{IntoResponse, Response};
use domain::{Timestamp, VendorId, account::PasswordHash, email::Email, text::Text};
use http::{HeaderMap, Method, StatusCode, header};
use platform::{Ids, Passwords, password::NotHashed, secret::Secret};
use serde::{Deserialize, Serialize};
use store::{
    account::Account,
    login::{self, Outcome},
    session::{self, Principal, Session},
};
use utoipa::ToSchema;

pub use store::login::Realm;

use super::shown_token;
use crate::{ApiError, Audience, Context, Json, clear_cookie, set_cookie};

/// An address and its password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    pub email: Email,
    #[schema(value_type = String, format = Password, write_only)]
    pub password: Secret<String>,
}

/// A password to be set: 8 to 256 characters, of any kind (NIST SP 800-63B, 3.1.1.2: length counts, rules of composition do not).
#[derive(Clone, Deserialize, ToSchema)]
#[serde(try_from = "Secret<String>")]
#[schema(value_type = String, format = Password, min_length = 8, max_length = 256)]
pub struct NewPassword(Secret<String>);

/// The password is too short or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPassword;

impl fmt::Display for NotAPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a password of 8 to 256 characters is needed")
    }
}

impl TryFrom<Secret<String>> for NewPassword {
    type Error = NotAPassword;

    fn try_from(password: Secret<String>) -> Result<Self, NotAPassword> {
        let characters = password.reveal().chars().count();
        if (8..=256).contains(&characters) { Ok(Self(password)) } else { Err(NotAPassword) }
    }
}

impl NewPassword {
    /// The form in which it is kept.
    pub fn hash(&self, passwords: &Passwords) -> Result<PasswordHash, NotHashed> {
        passwords.hash(&self.0).map(PasswordHash)
    }
}

impl From<NotHashed> for ApiError {
    fn from(error: NotHashed) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "a password was not hashed");
        Self::unavailable()
    }
}

/// What a log-in answers; pages find the token in their cookie.
#[derive(Serialize, ToSchema)]
pub struct LoggedIn {
    /// For scripts, as `Authorization: Bearer`.
    pub token: String,
    pub expires_at: Timestamp,
    pub principal: PrincipalBody,
}

/// Somebody who is logged in.
#[derive(Serialize, ToSchema)]
pub struct PrincipalBody {
    #[schema(example = "stf_01ARZ3NDEKTSV4RRFFQ69G5FAV")]
    pub id: String,
    #[schema(example = "staff")]
    pub kind: PrincipalKind,
    pub email: Email,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Text<120>>,
    /// Whose staff it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<VendorId>,
    /// What it may do for the platform or for its vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "owner")]
    pub role: Option<Role>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    Admin,
    Staff,
    Customer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Role {
    Platform(domain::account::AdminRole),
    Vendor(domain::account::StaffRole),
}

impl From<&Account> for PrincipalBody {
    fn from(account: &Account) -> Self {
        match account {
            Account::Admin(admin) => Self {
                id: admin.id.to_string(),
                kind: PrincipalKind::Admin,
                email: admin.email.clone(),
                name: None,
                vendor: None,
                role: Some(Role::Platform(admin.role)),
            },
            Account::Staff(staff) => Self {
                id: staff.id.to_string(),
                kind: PrincipalKind::Staff,
                email: staff.email.clone(),
                name: staff.name.clone(),
                vendor: Some(staff.vendor_id),
                role: Some(Role::Vendor(staff.role)),
            },
            Account::Customer(customer) => Self {
                id: customer.id.to_string(),
                kind: PrincipalKind::Customer,
                email: customer.email.clone(),
                name: customer.name.clone(),
                vendor: None,
                role: None,
            },
        }
    }
}

/// Whose cookie a principal's session is kept in.
pub fn audience(principal: &Principal) -> Audience {
    match principal {
        Principal::Admin { .. } => Audience::Admin,
        Principal::Staff { .. } => Audience::Staff,
        Principal::Customer { channel, .. } => Audience::Customer(*channel),
    }
}

/// Logs somebody in: whom, and the answer, 200 with the token and the cookie.
///
/// # Errors
/// 401 `invalid_credentials`, the same whatever is wrong with them; 429 `too_many_attempts` after three wrong passwords (004).
pub async fn log_in<C: Context>(
    context: &C,
    (ids, passwords): (&Ids, &Passwords),
    realm: Realm,
    LogIn { email, password }: LogIn,
) -> Result<(Account, Response), ApiError> {
    let token = ids.token();
    let check = |hash: Option<&PasswordHash>| match hash {
        Some(hash) => passwords.verify(&password, &hash.0),
        None => passwords.verify_against_nobody(&password),
    };
    match login::log_in(context.store(), realm, &email, &token, check).await? {
        Outcome::In(account, session) => {
            let response = logged_in(context, StatusCode::OK, (&token, &session), &account);
            Ok((*account, response))
        }
        Outcome::Refused => {
            let message = "The address or the password is wrong.";
            Err(ApiError::new(StatusCode::UNAUTHORIZED, "invalid_credentials", message))
        }
        Outcome::Locked(until) => {
            let wait_ms = until.ms() - context.store().now().ms();
            let seconds = u32::try_from((wait_ms + 999) / 1000).unwrap_or(1).max(1);
            let message = "Too many wrong passwords. Try again later.";
            Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message)
                .retry_after(seconds))
        }
    }
}

/// The answer of a log-in whose session is kept: token, principal and cookie.
pub fn logged_in<C: Context>(
    context: &C,
    status: StatusCode,
    (token, session): (&Secret<String>, &Session),
    account: &Account,
) -> Response {
    let body =
        LoggedIn { token: token.reveal().clone(), expires_at: session.expires_at, principal: account.into() };
    let mut response = (status, Json(body)).into_response();
    let (settings, now) = (context.settings(), context.store().now());
    if let Some(cookie) = set_cookie(settings, audience(&session.principal), token, session.expires_at, now) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// What went wrong with an invitation: 422 `invalid_token`, the same whether it was used, is over, or was never made.
pub fn invitation_error(error: store::Error) -> ApiError {
    match error {
        store::Error::NotFound => invalid_token(),
        error => error.into(),
    }
}

/// 422 `invalid_token`.
pub fn invalid_token() -> ApiError {
    let message = "This link was used before, or its time is over.";
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_token", message).param("token")
}

/// Ends the session that the request shows: 204, and the cookie is cleared.
pub async fn end_session<C: Context>(
    context: &C,
    audience: Audience,
    (method, headers): (&Method, &HeaderMap),
) -> Result<Response, ApiError> {
    let token = shown_token(headers, method, context.settings(), audience)?;
    session::end(context.store(), &token).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = clear_cookie(context.settings(), audience) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
