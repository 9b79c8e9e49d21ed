//! What background work tells: imports and media.

use domain::{ImportId, MediaId, ProductId, Tenant, Timestamp, VendorId};
use serde::Deserialize;

use crate::{
    EventType,
    data::{ImportCompleted, MediaChanged},
    derive::{Images, Told},
};

/// What counts of work that is under way.
#[derive(PartialEq, Deserialize)]
pub(crate) struct Was {
    status: String,
}

/// What of an import job its events go by.
#[derive(Deserialize)]
pub(crate) struct Job {
    id: ImportId,
    vendor_id: VendorId,
    status: String,
    #[serde(default)]
    rows_total: u64,
    #[serde(default)]
    rows_failed: u64,
    #[serde(default)]
    created: u64,
    #[serde(default)]
    updated: u64,
    #[serde(default)]
    unchanged: u64,
    updated_at: Timestamp,
}

/// What of a medium its events go by.
#[derive(Deserialize)]
pub(crate) struct Medium {
    id: MediaId,
    vendor_id: VendorId,
    #[serde(default)]
    product_id: Option<ProductId>,
    status: String,
    #[serde(default)]
    reason: Option<String>,
    updated_at: Timestamp,
}

pub(crate) fn import_events(job: &Images<Was, Job>) -> Vec<Told> {
    let new = &job.new;
    let over = |status: &str| matches!(status, "completed" | "completed_with_errors" | "failed");
    if !over(&new.status) || job.old.as_ref().is_some_and(|old| over(&old.status)) {
        return Vec::new();
    }
    let data = ImportCompleted {
        import_id: new.id,
        vendor_id: new.vendor_id,
        status: new.status.clone(),
        rows_total: new.rows_total,
        rows_failed: new.rows_failed,
        created: new.created,
        updated: new.updated,
        unchanged: new.unchanged,
    };
    vec![Told::new(EventType::ImportCompleted, Tenant::Vendor(new.vendor_id), new.updated_at, &data)]
}

pub(crate) fn media_events(medium: &Images<Was, Medium>) -> Vec<Told> {
    let new = &medium.new;
    let kind = match new.status.as_str() {
        "ready" => EventType::MediaReady,
        "rejected" => EventType::MediaRejected,
        _ => return Vec::new(),
    };
    let data = MediaChanged {
        media_id: new.id,
        vendor_id: new.vendor_id,
        product_id: new.product_id,
        reason: new.reason.clone(),
    };
    // That there is something to look at is known once it was looked at.
    [EventType::MediaUploaded, kind]
        .into_iter()
        .map(|kind| Told::new(kind, Tenant::Vendor(new.vendor_id), new.updated_at, &data))
        .collect()
}
