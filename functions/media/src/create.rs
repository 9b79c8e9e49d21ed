//! Leave to upload a picture.

use std::{collections::BTreeMap, time::Duration};

use axum::{extract::State, http::StatusCode};
use domain::{
    MediaId, ProductId, VendorId,
    media::{self, Announced, MAX_BYTES, Media, PictureType},
    product::MAX_IMAGES,
    text::Text,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{ApiError, ErrorBody, Json, Staff};

use crate::Deps;

/// How long an upload may be begun.
const LEAVE: Duration = Duration::from_secs(15 * 60);

/// The picture that is to be uploaded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMedia {
    /// The product that shows it once it is ready.
    #[serde(default)]
    product_id: Option<ProductId>,
    filename: Text<255>,
    content_type: PictureType,
    /// In bytes.
    #[schema(minimum = 1, maximum = 20971520)]
    content_length: u64,
}

/// A medium that waits for its upload.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedMedia {
    id: MediaId,
    upload: MediaUpload,
}

/// The request by which the file is uploaded, with exactly these headers, within 15 minutes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MediaUpload {
    #[schema(format = "uri")]
    url: String,
    method: String,
    headers: BTreeMap<String, String>,
}

/// Announces a picture.
#[utoipa::path(
    post,
    path = "/api/v1/vendor/media",
    tag = "media",
    request_body = NewMedia,
    responses(
        (status = 201, body = CreatedMedia),
        (status = 404, body = ErrorBody, description = "There is no such product."),
        (status = 409, body = ErrorBody, description = "`too_many_images`: the product shows all that it may."),
        (status = 422, body = ErrorBody, description = "Neither JPEG nor PNG nor WebP, or not of 1 byte to 20 MiB."),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn create_media(
    State(deps): State<Deps>,
    staff: Staff,
    Json(body): Json<NewMedia>,
) -> web::Result<(StatusCode, Json<CreatedMedia>)> {
    let vendor = staff.writing()?.vendor;
    let NewMedia { product_id, filename, content_type, content_length } = body;
    if !(1..=MAX_BYTES).contains(&content_length) {
        return Err(ApiError::invalid("content_length", "A picture has 1 byte to 20 MiB."));
    }
    if let Some(product) = product_id {
        has_room(&deps, vendor, product).await?;
    }
    let id: MediaId = deps.ids.next();
    let key = media::upload_key(vendor, id);
    let upload = deps.objects.presign_put(&key, content_type.as_str(), content_length, LEAVE).await;
    let upload = upload.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "an upload could not be signed");
        ApiError::internal()
    })?;
    let announced = Announced { product_id, filename, content_type, content_length };
    store::media::create(&deps.store, &Media::new(id, vendor, announced, deps.store.now())).await?;
    let upload = MediaUpload { url: upload.url, method: upload.method, headers: upload.headers };
    Ok((StatusCode::CREATED, Json(CreatedMedia { id, upload })))
}

async fn has_room(deps: &Deps, vendor: VendorId, product: ProductId) -> web::Result<()> {
    let listing = store::product::get(&deps.store, vendor, product).await?;
    if listing.product.images.len() < MAX_IMAGES {
        return Ok(());
    }
    Err(ApiError::conflict("too_many_images", format!("A product shows at most {MAX_IMAGES} pictures.")))
}
