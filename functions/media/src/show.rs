//! What became of a picture.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::{
    MediaId, ProductId, Timestamp,
    media::{Media, MediaStatus, MediaVariant, RejectReason, Size},
    text::Text,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{ErrorBody, Json, Path, Staff};

use crate::Deps;

#[derive(Debug, Deserialize)]
pub(crate) struct Address {
    id: MediaId,
}

/// A picture and its variants.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MediaBody {
    id: MediaId,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<ProductId>,
    filename: Text<255>,
    status: MediaStatus,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<RejectReason>,
    /// All four once it is ready, none before.
    variants: BTreeMap<Size, MediaVariant>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl MediaBody {
    fn of(media: Media, base_url: &str) -> Self {
        Self {
            variants: media.shown(base_url),
            id: media.id,
            product_id: media.product_id,
            filename: media.filename,
            status: media.status,
            reason: media.reason,
            created_at: media.created_at,
            updated_at: media.updated_at,
        }
    }
}

/// A picture of the vendor's, and what became of its upload.
#[utoipa::path(
    get,
    path = "/api/v1/vendor/media/{id}",
    tag = "media",
    params(("id" = MediaId, Path)),
    responses(
        (status = 200, body = MediaBody),
        (status = 404, body = ErrorBody, description = "There is no such picture."),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_media(
    State(deps): State<Deps>,
    staff: Staff,
    Path(path): Path<Address>,
) -> web::Result<Json<MediaBody>> {
    let media = store::media::get(&deps.store, staff.vendor, path.id).await?;
    Ok(Json(MediaBody::of(media, &deps.media_base_url)))
}
