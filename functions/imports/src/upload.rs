//! Leave to upload a feed.

use std::{collections::BTreeMap, time::Duration};

use axum::{extract::State, http::StatusCode};
use domain::{
    UploadId,
    feed::MAX_BYTES,
    import::{Upload, upload_key},
    text::Text,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{ApiError, ErrorBody, Json, Result, Staff};

use crate::Deps;

/// How long an upload may be begun.
const LEAVE: Duration = Duration::from_secs(60 * 60);

/// The feed that is to be uploaded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFeedUpload {
    filename: Text<200>,
    /// In bytes.
    #[schema(minimum = 1, maximum = 104857600)]
    content_length: u64,
}

/// Leave that was given.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedFeedUpload {
    upload_id: UploadId,
    upload: FeedUpload,
}

/// The request by which the feed is uploaded, with exactly these headers, within an hour.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedUpload {
    #[schema(format = "uri")]
    url: String,
    method: String,
    headers: BTreeMap<String, String>,
}

/// Announces a feed of up to 100 MiB that is to be uploaded.
#[utoipa::path(
    post, path = "/api/v1/vendor/marketplace/uploads", tag = "imports",
    request_body = NewFeedUpload,
    responses(
        (status = 201, body = CreatedFeedUpload),
        (status = 400, body = ErrorBody, description = "`invalid_json`, `invalid_body`"),
        (status = 401, body = ErrorBody, description = "`unauthenticated`"),
        (status = 403, body = ErrorBody, description = "`forbidden`"),
        (status = 422, body = ErrorBody, description = "`invalid_value`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn create_feed_upload(
    State(deps): State<Deps>,
    staff: Staff,
    Json(body): Json<NewFeedUpload>,
) -> Result<(StatusCode, Json<CreatedFeedUpload>)> {
    let vendor = staff.writing()?.vendor;
    let NewFeedUpload { filename, content_length } = body;
    if !(1..=MAX_BYTES).contains(&content_length) {
        return Err(ApiError::invalid("content_length", "A feed has 1 byte to 100 MiB."));
    }
    let id: UploadId = deps.ids.next();
    let key = upload_key(vendor, id);
    let leave = deps
        .objects
        .presign_put(&key, "text/csv", content_length, LEAVE)
        .await
        .map_err(crate::body::objects_failed)?;
    let upload =
        Upload { id, vendor_id: vendor, filename, content_length, key, created_at: deps.store.now() };
    store::import::create_upload(&deps.store, &upload).await?;
    let upload = FeedUpload { url: leave.url, method: leave.method, headers: leave.headers };
    Ok((StatusCode::CREATED, Json(CreatedFeedUpload { upload_id: id, upload })))
}
