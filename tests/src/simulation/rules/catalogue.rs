//! What holds of catalogues when everything has come to rest: imports have ended, what was staged is in the catalogue once, pictures are shown.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    import::{ImportJob, ImportStatus},
    media::{Media, MediaStatus, upload_key},
    product::Product,
    staged::{Staged, StagedStatus},
    variant::Variant,
};
use table::Item;

use super::{Broken, all};
use crate::simulation::World;

/// Rule 10 for imports, and that their counts are those of what they staged.
pub(super) fn imports_have_ended(broken: &mut Broken, items: &[Item]) {
    for job in all::<ImportJob>(items, "import") {
        let ImportJob { id, status, rows_total, rows_done, rows_failed, .. } = job;
        let over = !matches!(status, ImportStatus::Pending | ImportStatus::Running);
        broken.unless(over, || format!("{id} is {status:?} for ever"));
        let done = matches!(status, ImportStatus::Completed | ImportStatus::CompletedWithErrors);
        let staged = job.created + job.updated + job.unchanged;
        broken.unless(!done || rows_done == rows_total && staged + rows_failed == rows_total, || {
            format!(
                "{id} of {rows_total} rows has done {rows_done}, staged {staged} and refused {rows_failed}"
            )
        });
        broken.unless((status == ImportStatus::Failed) == job.failure.is_some(), || {
            format!("{id} is {status:?}, and why is {:?}", job.failure)
        });
    }
}

/// A staged product is one product of the catalogue or none, and a code is one variant's.
pub(super) fn products_are_there_once(broken: &mut Broken, items: &[Item], variants: &[Variant]) {
    let products: Vec<Product> = all(items, "product");
    let mut of_staged: BTreeMap<_, Vec<&Product>> = BTreeMap::new();
    for product in &products {
        let theirs = variants.iter().filter(|variant| variant.product_id == product.id).count();
        broken.unless(u32::try_from(theirs) == Ok(product.variants), || {
            format!("{} counts {} variants and has {theirs}", product.id, product.variants)
        });
        if let Some(staged) = product.staged_id {
            of_staged.entry(staged).or_default().push(product);
        }
    }
    for staged in all::<Staged>(items, "staged") {
        let made = of_staged.remove(&staged.id).unwrap_or_default();
        let published = staged.status == StagedStatus::Published;
        let same = made.iter().map(|product| product.id).eq(staged.product_id);
        broken.unless(same && published == (made.len() == 1), || {
            format!(
                "{} is {:?} as {:?}, and {} were made",
                staged.id,
                staged.status,
                staged.product_id,
                made.len()
            )
        });
    }
    broken.unless(of_staged.is_empty(), || format!("made of nothing staged: {:?}", of_staged.keys()));
    let mut codes = BTreeSet::new();
    for variant in variants {
        let first = codes.insert((variant.vendor_id, variant.sku.to_string()));
        broken.unless(first, || format!("{} has the code {} of another", variant.id, variant.sku));
    }
}

/// A picture that was uploaded is shown once and all of it is there; one that was given up lies with the dead letters.
pub(super) fn pictures_are_shown(broken: &mut Broken, world: &World, items: &[Item], given_up: u64) {
    let stored: BTreeSet<String> = world.works.pictures.keys().into_iter().collect();
    let products: Vec<Product> = all(items, "product");
    let mut waiting = 0;
    for medium in all::<Media>(items, "media") {
        let shown = products.iter().flat_map(|product| &product.images);
        let shown = shown.filter(|image| image.media_id == Some(medium.id)).count();
        match medium.status {
            MediaStatus::Ready => {
                broken.unless(shown == 1, || format!("{} is shown {shown} times", medium.id));
                let mut files = medium.variants.values().flat_map(|variant| &variant.files);
                let missing = files.find(|file| !stored.contains(&file.key));
                broken.unless(missing.is_none(), || format!("{} lacks {missing:?}", medium.id));
            }
            MediaStatus::Rejected => {
                broken.unless(shown == 0, || format!("{} is rejected and shown", medium.id));
            }
            // Leave to upload that was never used is no picture.
            MediaStatus::Pending => {
                waiting += u64::from(stored.contains(&upload_key(medium.vendor_id, medium.id)))
            }
        }
    }
    broken.unless(waiting <= given_up, || {
        format!("{waiting} pictures wait for ever, {given_up} were given up")
    });
}
