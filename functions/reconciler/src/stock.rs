//! Stock: each variant's counters against the lines that hold or have bought it.

use std::collections::BTreeMap;

use domain::{
    Tenant, VariantId,
    cart::Cart,
    hold::Hold,
    order::Order,
    product::Product,
    reconciliation::{Difference, DifferenceKind},
    variant::Variant,
};
use store::{monthly, page::Paging};

use crate::{Error, Work};

const PAGE: u32 = 100;

/// What lines hold and have bought, by variant.
#[derive(Default)]
pub(crate) struct Held {
    soft: BTreeMap<VariantId, i64>,
    hard: BTreeMap<VariantId, i64>,
    sold: BTreeMap<VariantId, i64>,
}

impl Held {
    fn add_cart(&mut self, cart: &Cart) {
        for line in cart.lines.iter().filter(|line| line.hold == Hold::Soft) {
            *self.soft.entry(line.variant.variant_id).or_default() += i64::from(line.quantity);
        }
    }

    pub(crate) fn add_order(&mut self, order: &Order) {
        for line in &order.lines {
            let units = match order.hold_of(line) {
                Hold::Hard => &mut self.hard,
                Hold::Sold => &mut self.sold,
                _ => continue,
            };
            *units.entry(line.variant.variant_id).or_default() += i64::from(line.quantity);
        }
    }

    /// What of a variant's counters is not what lines say.
    fn differences(&self, variant: &Variant) -> Vec<Difference> {
        let of = |units: &BTreeMap<VariantId, i64>| units.get(&variant.id).copied().unwrap_or_default();
        let stock = variant.stock;
        let sum = stock.available + stock.reserved + stock.allocated;
        let pairs = [
            (DifferenceKind::StockUnbalanced, sum, stock.on_hand),
            (DifferenceKind::StockReserved, of(&self.soft), stock.reserved),
            (DifferenceKind::StockAllocated, of(&self.hard), stock.allocated),
            (DifferenceKind::StockSold, of(&self.sold), stock.sold),
        ];
        let differ = pairs.into_iter().filter(|(_, expected, found)| expected != found);
        let about = variant.id.to_string();
        differ
            .map(|(kind, expected, found)| Difference {
                kind,
                about: about.clone(),
                expected: expected.to_string(),
                found: found.to_string(),
            })
            .collect()
    }
}

impl Work<'_> {
    /// All variants as they are before anything else is read.
    pub(crate) async fn variants(&mut self) -> Result<Vec<Variant>, Error> {
        let store = &self.deps.store;
        let (mut variants, mut cursor) = (Vec::new(), None);
        loop {
            self.in_time()?;
            let paging = Paging { limit: PAGE, cursor };
            let page = monthly::newest(store, (Tenant::Platform, None), &paging, |_: &Product| true).await?;
            for product in page.data {
                match store::product::get(store, product.vendor_id, product.id).await {
                    Err(store::Error::NotFound) => {}
                    other => {
                        let mut found = other?.variants;
                        store::stock::stripes::count_in(store, &mut found).await?;
                        variants.extend(found);
                    }
                }
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                self.run.variants = variants.len() as u64;
                return Ok(variants);
            }
        }
    }

    /// What carts hold.
    pub(crate) async fn carts(&self) -> Result<Held, Error> {
        let mut held = Held::default();
        for (channel, id) in store::due::carts(&self.deps.store).await? {
            self.in_time()?;
            match store::cart::get(&self.deps.store, &channel, id).await {
                Err(store::Error::NotFound) => {}
                other => held.add_cart(&other?),
            }
        }
        Ok(held)
    }

    /// Compares those variants whose counters have not changed since they were read.
    pub(crate) async fn stock(&mut self, variants: &[Variant], held: &Held) -> Result<(), Error> {
        for variant in variants {
            let found = held.differences(variant);
            if found.is_empty() {
                continue;
            }
            self.in_time()?;
            let now = match store::stock::get(&self.deps.store, &variant.place()).await {
                Err(store::Error::NotFound) => continue,
                other => other?,
            };
            if now.revision == variant.revision {
                self.found(&found).await?;
            }
        }
        Ok(())
    }
}
