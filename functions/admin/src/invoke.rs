use axum::Router;
use lambda_http::{Adapter, request::LambdaRequest, tower::Service};
use lambda_runtime::LambdaEvent;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::{Bootstrap, Deps, bootstrap_admin};

/// What the function is asked for when it is invoked directly. The gateway's events have no such field, and nothing of a request gets
/// to their top.
#[derive(Deserialize)]
struct Direct {
    #[serde(default)]
    bootstrap_admin: Option<Bootstrap>,
}

/// Handles an invocation: the gateway's by the router, one with `{"bootstrap_admin": {"email", "password"?}}` by [`bootstrap_admin`].
///
/// # Errors
/// A payload that is neither, or an admin who could not be made; never for a request of the gateway.
pub async fn invoke(
    deps: &Deps,
    app: &Router,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Box<RawValue>, lambda_runtime::Error> {
    let (payload, context) = event.into_parts();
    let direct: Direct = serde_json::from_str(payload.get())?;
    if let Some(wanted) = direct.bootstrap_admin {
        let made = bootstrap_admin(deps, wanted).await?;
        tracing::info!(admin.id = %made.admin_id, admin.status = ?made.status, "bootstrapped");
        return Ok(to_raw_value(&made)?);
    }
    let request: LambdaRequest = serde_json::from_str(payload.get())?;
    let answer = Adapter::from(app.clone()).call(LambdaEvent::new(request, context)).await?;
    Ok(to_raw_value(&answer)?)
}
