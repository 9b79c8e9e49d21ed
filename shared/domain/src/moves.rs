//! Moves of units between a variant's counters, as values: what a change of a cart or an order does to stock.
//!
//! **Invariant:** every move keeps `on_hand = available + reserved + allocated`, because there is no way to make one that doesn't.

use std::collections::BTreeMap;

use crate::variant::VariantRef;

/// What happens to one variant's counters, summed over all lines that name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Move {
    pub on_hand: i64,
    pub available: i64,
    pub reserved: i64,
    pub allocated: i64,
    pub sold: i64,
    /// Over how many stripes the variant was spread when its line was made: which of its counters this goes to, never how much.
    pub stripes: u8,
}

/// Where units lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the shelf, for anybody.
    Available,
    /// Held for a cart.
    Reserved,
    /// Held for an unpaid order.
    Allocated,
    /// Sold: out of the house.
    Sold,
}

/// Moves of several variants, one each: lines of one variant are summed, so that a transaction touches it once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves(BTreeMap<VariantRef, Move>);

impl Moves {
    pub fn none() -> Self {
        Self::default()
    }

    /// Moves units of a variant from one place to another.
    pub fn shift(&mut self, variant: VariantRef, units: u32, from: Place, to: Place) {
        let units = i64::from(units);
        let entry = self.0.entry(variant).or_default();
        entry.bump(from, -units);
        entry.bump(to, units);
    }

    fn shift_held(&mut self, held: Holding, from: Place, to: Place) {
        self.shift(held.variant, held.units, from, to);
        let entry = self.0.entry(held.variant).or_default();
        entry.stripes = entry.stripes.max(held.stripes);
    }

    /// What it takes to get from some holdings to others: each is a variant, units, and where they lie.
    pub fn between(
        before: impl IntoIterator<Item = Holding>,
        after: impl IntoIterator<Item = Holding>,
    ) -> Self {
        let mut moves = Self::none();
        for held in before {
            moves.shift_held(held, held.place, Place::Available);
        }
        for held in after {
            moves.shift_held(held, Place::Available, held.place);
        }
        moves
    }

    /// The same moves without those of a variant.
    #[must_use]
    pub fn without(mut self, variant: &VariantRef) -> Self {
        self.0.remove(variant);
        self
    }

    /// The moves that change something, in the order of the variants.
    pub fn iter(&self) -> impl Iterator<Item = (&VariantRef, &Move)> {
        self.0.iter().filter(|(_, change)| !change.is_nothing())
    }
}

/// Units of a variant that a line has, and where they lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    pub variant: VariantRef,
    pub units: u32,
    pub place: Place,
    /// Over how many stripes the variant was spread when the line was made.
    pub stripes: u8,
}

impl Move {
    /// Whether it changes no counter.
    pub fn is_nothing(&self) -> bool {
        Self { stripes: 0, ..*self } == Self::default()
    }

    fn bump(&mut self, place: Place, units: i64) {
        match place {
            Place::Available => self.available += units,
            Place::Reserved => self.reserved += units,
            Place::Allocated => self.allocated += units,
            // What is sold has left the house.
            Place::Sold => {
                self.on_hand -= units;
                self.sold += units;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Id, ProductId, VariantId, VendorId};

    fn variant(n: u128) -> VariantRef {
        VariantRef {
            vendor_id: VendorId::from_bits(1),
            product_id: ProductId::from_bits(1),
            variant_id: VariantId::from_bits(n),
        }
    }

    #[test]
    fn every_move_keeps_the_counters_adding_up() {
        use Place::{Allocated, Available, Reserved, Sold};
        for from in [Available, Reserved, Allocated, Sold] {
            for to in [Available, Reserved, Allocated, Sold] {
                let mut moves = Moves::none();
                moves.shift(variant(1), 3, from, to);
                for (_, m) in moves.iter() {
                    assert_eq!(m.on_hand, m.available + m.reserved + m.allocated, "{from:?} -> {to:?}");
                    assert_eq!(m.on_hand, -m.sold, "{from:?} -> {to:?}");
                }
                assert_eq!(moves.iter().count(), usize::from(from != to), "{from:?} -> {to:?}");
            }
        }
    }

    #[test]
    fn a_line_of_stripes_leads_all_of_its_variant_there() {
        let held = |stripes, place| Holding { variant: variant(1), units: 2, place, stripes };
        let moves = Moves::between([held(0, Place::Reserved)], [held(4, Place::Allocated)]);
        let all: Vec<_> = moves.iter().collect();
        let change = Move { reserved: -2, allocated: 2, stripes: 4, ..Move::default() };
        assert_eq!(all, [(&variant(1), &change)]);
        assert_eq!(Moves::between([held(4, Place::Reserved)], [held(4, Place::Reserved)]).iter().count(), 0);
    }

    #[test]
    fn lines_of_one_variant_are_summed_and_what_cancels_out_is_left_out() {
        let mut moves = Moves::none();
        moves.shift(variant(1), 2, Place::Available, Place::Reserved);
        moves.shift(variant(1), 3, Place::Available, Place::Reserved);
        moves.shift(variant(2), 1, Place::Available, Place::Reserved);
        moves.shift(variant(2), 1, Place::Reserved, Place::Available);
        let all: Vec<_> = moves.iter().collect();
        assert_eq!(all, [(&variant(1), &Move { available: -5, reserved: 5, ..Move::default() })]);
    }
}
