//! What the console is told of imports and staged products.

use domain::{
    ImportId, Money, ProductId, StagedId, Timestamp, UploadId,
    feed::Availability,
    import::{Failure, ImportJob, ImportStatus, Source},
    staged::{Staged, StagedStatus},
    text::{Description, Name, Sku, Text},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{ApiError, product_body::Percent};

/// Where a feed comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SourceKind {
    /// The address of the marketplace settings.
    Url,
    Upload,
}

/// An import. Each row that was read is counted in `rows_done` and in exactly one of `rows_failed`, `created`, `updated` and `unchanged`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportBody {
    id: ImportId,
    status: ImportStatus,
    source: SourceKind,
    upload_id: Option<UploadId>,
    /// Zero until all of the feed was looked through once.
    rows_total: u64,
    rows_done: u64,
    rows_failed: u64,
    created: u64,
    updated: u64,
    unchanged: u64,
    /// What stands between the fields: `tab`, `comma` or `semicolon`.
    delimiter: Option<String>,
    /// `utf-8` or `windows-1252`.
    encoding: Option<String>,
    /// Why it failed as a whole.
    failure: Option<Failure>,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

impl From<ImportJob> for ImportBody {
    fn from(job: ImportJob) -> Self {
        let (source, upload_id) = match job.source {
            Source::Url { .. } => (SourceKind::Url, None),
            Source::Upload { upload_id, .. } => (SourceKind::Upload, Some(upload_id)),
        };
        let (delimiter, encoding) = job.plan.map(|plan| (plan.delimiter, plan.encoding)).unzip();
        Self {
            id: job.id,
            status: job.status,
            source,
            upload_id,
            rows_total: job.rows_total,
            rows_done: job.rows_done,
            rows_failed: job.rows_failed,
            created: job.created,
            updated: job.updated,
            unchanged: job.unchanged,
            delimiter,
            encoding,
            failure: job.failure,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
        }
    }
}

/// A row of a feed, before it is published or after.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StagedBody {
    id: StagedId,
    status: StagedStatus,
    /// The row's id in the feed.
    sku: Sku,
    title: Name,
    description: Option<Description>,
    price: Money,
    sale_price: Option<Money>,
    /// As the vendor sorts its goods.
    product_type: Option<Text<750>>,
    google_product_category: Option<Text<750>>,
    availability: Option<Availability>,
    quantity: Option<u32>,
    tax_rate: Option<Percent>,
    brand: Option<Text<120>>,
    /// As it stands in the feed, right or wrong.
    gtin: Option<Text<50>>,
    mpn: Option<Text<70>>,
    item_group_id: Option<Text<64>>,
    condition: Option<Text<40>>,
    link: Option<String>,
    image_link: Option<String>,
    additional_image_links: Vec<String>,
    /// What it became.
    product_id: Option<ProductId>,
    /// The import that brought it first.
    first_import_id: ImportId,
    /// The last import that changed it.
    import_id: ImportId,
    selected_at: Option<Timestamp>,
    published_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Staged> for StagedBody {
    fn from(staged: Staged) -> Self {
        let row = staged.row;
        Self {
            id: staged.id,
            status: staged.status,
            sku: row.feed_id,
            title: row.title,
            description: row.description,
            price: row.price,
            sale_price: row.sale_price,
            product_type: row.product_type,
            google_product_category: row.google_product_category,
            availability: row.availability,
            quantity: row.quantity,
            tax_rate: row.tax_rate.map(Percent),
            brand: row.brand,
            gtin: row.gtin,
            mpn: row.mpn,
            item_group_id: row.item_group_id,
            condition: row.condition,
            link: row.link,
            image_link: row.image_link,
            additional_image_links: row.additional_image_links,
            product_id: staged.product_id,
            first_import_id: staged.first_import_id,
            import_id: staged.import_id,
            selected_at: staged.selected_at,
            published_at: staged.published_at,
            created_at: staged.created_at,
            updated_at: staged.updated_at,
        }
    }
}

/// The answer where the work bucket did not do what was asked.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(crate) fn objects_failed(error: platform::Error) -> ApiError {
    if error.is_retryable() {
        tracing::warn!(error = &error as &dyn std::error::Error, "the work bucket did not answer");
        ApiError::unavailable()
    } else {
        tracing::error!(error = &error as &dyn std::error::Error, "the work bucket refused a call");
        ApiError::internal()
    }
}
