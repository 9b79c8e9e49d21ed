//! The vendors whose goods the market shows, by their ids, as they were a little while ago.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use domain::{Timestamp, VendorId, slug::Slug, text::Name, vendor::Vendor};
use serde::Serialize;
use store::{Error, Store, vendor};
use utoipa::ToSchema;

/// How old a vendor may be: so long after it is suspended its goods may still be shown.
const FRESH: Duration = Duration::from_secs(30);
const CAPACITY: usize = 10_000;
/// How many are read at once.
const AT_ONCE: usize = 100;

/// Who sells something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Seller {
    pub(crate) id: VendorId,
    pub(crate) slug: Slug,
    pub(crate) name: Name,
}

impl From<&Vendor> for Seller {
    fn from(vendor: &Vendor) -> Self {
        Self { id: vendor.id, slug: vendor.slug.clone(), name: vendor.name.clone() }
    }
}

/// Those who sell; a vendor that does not (or that there is none of) is kept as `None`.
#[derive(Default)]
pub(crate) struct Vendors(Mutex<BTreeMap<VendorId, (Timestamp, Option<Seller>)>>);

impl Vendors {
    /// Those among the ids who sell. One read of all that are not fresh, none where all are.
    pub(crate) async fn selling(
        &self,
        store: &Store,
        ids: impl IntoIterator<Item = VendorId>,
    ) -> Result<BTreeMap<VendorId, Seller>, Error> {
        let now = store.now();
        let mut known: BTreeMap<VendorId, Option<Seller>> = BTreeMap::new();
        let mut missing = Vec::new();
        for id in ids.into_iter().collect::<std::collections::BTreeSet<_>>() {
            match self.get(id, now) {
                Some(seller) => _ = known.insert(id, seller),
                None => missing.push(id),
            }
        }
        for some in missing.chunks(AT_ONCE) {
            known.extend(some.iter().map(|id| (*id, None)));
            let read = vendor::get_all(store, some).await?;
            known.extend(read.iter().map(|vendor| (vendor.id, vendor.sells().then(|| Seller::from(vendor)))));
        }
        self.keep(missing.iter().filter_map(|id| Some((*id, known.get(id)?.clone()))), now);
        Ok(known.into_iter().filter_map(|(id, seller)| Some((id, seller?))).collect())
    }

    fn get(&self, id: VendorId, now: Timestamp) -> Option<Option<Seller>> {
        let entries = self.0.lock().ok()?;
        let (read_at, seller) = entries.get(&id)?;
        (now < *read_at + FRESH).then(|| seller.clone())
    }

    fn keep(&self, read: impl Iterator<Item = (VendorId, Option<Seller>)>, now: Timestamp) {
        if let Ok(mut entries) = self.0.lock() {
            if entries.len() >= CAPACITY {
                entries.clear();
            }
            entries.extend(read.map(|(id, seller)| (id, (now, seller))));
        }
    }
}
