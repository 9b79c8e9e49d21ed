//! The session cookies: one per audience, so that a person may be a customer and a vendor's staff at once.

use domain::{Tenant, Timestamp};
use http::{HeaderMap, HeaderValue, header};
use platform::secret::Secret;

use crate::Settings;

/// Whose log-in a cookie holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Admin,
    Staff,
    /// Of a channel.
    Customer(Tenant),
}

impl Audience {
    fn cookie(self, settings: &Settings) -> String {
        let prefix = &settings.cookie_prefix;
        match self {
            Self::Admin => format!("{prefix}admin"),
            Self::Staff => format!("{prefix}staff"),
            Self::Customer(channel) => format!("{prefix}c-{channel}"),
        }
    }
}

/// The `Set-Cookie` of a log-in.
pub fn set_cookie(
    settings: &Settings,
    audience: Audience,
    token: &Secret<String>,
    expires_at: Timestamp,
    now: Timestamp,
) -> Option<HeaderValue> {
    let max_age = (expires_at.secs() - now.secs()).max(0);
    value(settings, audience, token.reveal(), max_age)
}

/// The `Set-Cookie` of a log-out.
pub fn clear_cookie(settings: &Settings, audience: Audience) -> Option<HeaderValue> {
    value(settings, audience, "", 0)
}

fn value(settings: &Settings, audience: Audience, token: &str, max_age: i64) -> Option<HeaderValue> {
    let name = audience.cookie(settings);
    let secure = if settings.secure() { "; Secure" } else { "" };
    let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}");
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The token that a request's cookies hold for an audience.
pub(crate) fn token(headers: &HeaderMap, settings: &Settings, audience: Audience) -> Option<Secret<String>> {
    let name = audience.cookie(settings);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(found, token)| *found == name && !token.is_empty())
        .map(|(_, token)| Secret::new(token.to_owned()))
}
