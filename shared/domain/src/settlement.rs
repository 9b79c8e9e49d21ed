//! Settlement: a vendor's part of the money of an order, from what it earned to what has reached its account at Stripe.
//!
//! What has to go to the vendor or come back follows from what it should have of the order and what it has ([`Settlement::step`]); who sees a step
//! to do does it, and no step needs the one before it to have been seen. What the vendor should have is read off the order ([`Settlement::following`]): a
//! refund changes the order alone, and whoever looks at the order then takes the share back.
//!
//! **Invariant:** whatever is asked of Stripe is a [`Move`] that was stored before, under a key of its own. One is open at a time, and an open one never
//! changes: it may have been asked for by somebody who was stopped before the answer.
//!
//! **Invariant:** `earned - taken_back - withheld + owing` is what the vendor should have of the order. What it can't give back it owes
//! (`owing`, rule 6); what it owes is withheld of what it earns next (`withheld`), of whichever order.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Currency, OrderId, ShipmentId, Tenant, Timestamp, VendorId,
    order::{Order, OrderShipment},
    payment::may_be_forgotten,
};

/// A vendor's part of the money of an order. It has its parcel's id: one for each vendor of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    pub id: ShipmentId,
    pub vendor_id: VendorId,
    pub order_id: OrderId,
    /// The order's tenant.
    pub channel: Tenant,
    pub currency: Currency,
    /// The charge at Stripe whose money it is.
    pub charge_id: String,
    /// The vendor's share of the sale, in minor units as all that follows.
    pub earned: i64,
    /// What of it went back to the buyer: refunds, disputes that were lost.
    #[serde(default)]
    pub taken_back: i64,
    /// What of it pays debts of the vendor.
    #[serde(default)]
    pub withheld: i64,
    /// What of `taken_back` could not be had from the vendor's account, and has become its debt.
    #[serde(default)]
    pub owing: i64,
    /// What went to and fro at Stripe, and the one that is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// How many moves were ever asked for, refused ones included: the next one's number.
    #[serde(default)]
    pub asked: u32,
    /// Why its share stays with the platform for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// When it is looked at again, from when it waited: moved on, and taken away, by the sweeper.
    #[serde(rename = "DUESK", default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
}

/// Why a vendor's share stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// The vendor's account can't be paid as it stands.
    NotReady,
    /// Stripe lets no money go there: another region, or another currency.
    NotPayable,
    /// It is to come back, and the vendor's account does not have it yet, for the charge that paid it has not settled.
    NotSettled,
}

impl Waiting {
    /// After which time it is tried again, though nobody hears of anything.
    pub fn pause(self) -> Duration {
        const HOUR: u64 = 3_600;
        Duration::from_secs(match self {
            Self::NotReady => 24 * HOUR,
            // Somebody has to see to it, and is told each time.
            Self::NotPayable => 7 * 24 * HOUR,
            // Before Stripe pays it out, once it has settled.
            Self::NotSettled => HOUR,
        })
    }
}

/// Money that goes to a vendor's account, or comes back from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Tells it from the others of its settlement.
    pub n: u32,
    #[serde(flatten)]
    pub kind: MoveKind,
    /// Above zero.
    pub amount: i64,
    pub asked_at: Timestamp,
    #[serde(flatten)]
    pub done: Option<Done>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MoveKind {
    /// To the vendor.
    Transfer,
    /// Back from the vendor, of an earlier transfer.
    Reversal {
        /// Stripe's id of that transfer.
        of: String,
    },
}

/// That Stripe has made a move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Stripe's id, `tr_…` or `trr_…`.
    pub stripe_id: String,
    pub done_at: Timestamp,
}

/// What there is to do for a settlement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Nothing: the vendor has what it should have.
    Rest,
    /// A move is open: ask Stripe for it.
    Ask(&'a Move),
    /// The vendor should have more: transfer `amount`, and `withhold` of its share for what it owes. One of them may be zero.
    Pay { amount: i64, withhold: i64 },
    /// The vendor has too much: take `amount` of a transfer back.
    TakeBack { of: &'a str, amount: i64 },
    /// The vendor has too much, and no transfer is left that could be taken back: it owes that.
    Owe(i64),
}

impl Settlement {
    /// What a vendor's part of a confirmed order comes to, where nothing has been done about it yet; its version is 0 until it is saved.
    pub fn of(order: &Order, part: &OrderShipment, now: Timestamp) -> Self {
        let new = Self {
            id: part.id,
            vendor_id: part.vendor_id,
            order_id: order.id,
            channel: order.channel,
            currency: order.currency,
            charge_id: order.payment.charge_id.clone().unwrap_or_default(),
            earned: 0,
            taken_back: 0,
            withheld: 0,
            owing: 0,
            moves: Vec::new(),
            asked: 0,
            waiting: None,
            due: None,
            created_at: now,
            updated_at: now,
            version: 0,
        };
        new.following(part)
    }

    /// The same with what has become of the part since. What was taken back stays so: an order that was read earlier does not know of it yet.
    #[must_use]
    pub fn following(self, part: &OrderShipment) -> Self {
        let taken_back = part.refunded().share().max(self.taken_back);
        Self { earned: part.sold().share(), taken_back, ..self }
    }

    /// What the vendor has of the order.
    pub fn paid(&self) -> i64 {
        let done = self.moves.iter().filter(|one| one.done.is_some());
        done.map(|one| if one.kind == MoveKind::Transfer { one.amount } else { -one.amount }).sum()
    }

    /// What the vendor should have of the order; below zero where more was taken back of it than is left after its debts.
    pub fn owed(&self) -> i64 {
        self.earned - self.taken_back - self.withheld + self.owing
    }

    pub fn open_move(&self) -> Option<&Move> {
        self.moves.iter().find(|one| one.done.is_none())
    }

    /// What is to be done next, where the vendor owes `debt` in this currency.
    pub fn step(&self, debt: i64) -> Step<'_> {
        if let Some(open) = self.open_move() {
            return Step::Ask(open);
        }
        let missing = self.owed() - self.paid();
        match missing {
            0 => Step::Rest,
            1.. => {
                let withhold = debt.clamp(0, missing);
                Step::Pay { amount: missing - withhold, withhold }
            }
            _ => match self.left_of_transfers().find(|(_, left)| *left > 0) {
                Some((of, left)) => Step::TakeBack { of, amount: left.min(-missing) },
                None => Step::Owe(-missing),
            },
        }
    }

    /// Each transfer's id at Stripe, and what was not taken back of it.
    fn left_of_transfers(&self) -> impl Iterator<Item = (&str, i64)> {
        let done = self.moves.iter().filter(|one| one.kind == MoveKind::Transfer);
        done.filter_map(|one| {
            let id = one.done.as_ref()?.stripe_id.as_str();
            let back = |other: &&Move| {
                other.done.is_some() && matches!(&other.kind, MoveKind::Reversal { of } if of == id)
            };
            let back: i64 = self.moves.iter().filter(back).map(|other| other.amount).sum();
            Some((id, one.amount - back))
        })
    }

    /// Withholds of the vendor's share what it owes, and notes the transfer of the rest.
    #[must_use]
    pub fn paying(&self, amount: i64, withhold: i64, now: Timestamp) -> Self {
        let mut next = self.changed(now);
        next.withheld += withhold;
        if amount > 0 {
            next.note(MoveKind::Transfer, amount, now);
        }
        next
    }

    /// Notes that a part of a transfer is to be taken back.
    #[must_use]
    pub fn taking_back(&self, of: &str, amount: i64, now: Timestamp) -> Self {
        let mut next = self.changed(now);
        next.note(MoveKind::Reversal { of: of.to_owned() }, amount, now);
        next
    }

    /// Notes what the vendor owes.
    #[must_use]
    pub fn owing(&self, amount: i64, now: Timestamp) -> Self {
        let mut next = self.changed(now);
        next.owing += amount;
        next
    }

    /// Notes that money stays where it is for now.
    #[must_use]
    pub fn waiting(&self, why: Waiting, now: Timestamp) -> Self {
        let due = Some(self.due.unwrap_or(now + why.pause()));
        Self { waiting: Some(why), due, ..self.changed(now) }
    }

    /// Notes what has become of the part on the order's side, where there is nothing to do about it: it waits for nothing any more.
    #[must_use]
    pub fn resting(&self, now: Timestamp) -> Self {
        self.changed(now)
    }

    /// Notes that Stripe has made the open move; none where there is none of that number.
    pub fn made(&self, n: u32, stripe_id: &str, now: Timestamp) -> Option<Self> {
        let mut next = self.changed(now);
        let open = next.moves.iter_mut().find(|one| one.n == n && one.done.is_none())?;
        open.done = Some(Done { stripe_id: stripe_id.to_owned(), done_at: now });
        Some(next)
    }

    /// Forgets the open move, which Stripe has refused: the next is asked for under another number.
    #[must_use]
    pub fn refused(&self, now: Timestamp) -> Self {
        let mut next = self.changed(now);
        next.moves.retain(|one| one.done.is_some());
        next
    }

    /// Forgets the open move, a reversal that the vendor's account does not cover: what it lacks of it, with `funds` in it, becomes the vendor's debt. Answers
    /// that too.
    pub fn not_covered(&self, funds: i64, now: Timestamp) -> (Self, i64) {
        let wanted = self.open_move().map_or(0, |one| one.amount);
        let lacking = wanted - funds.clamp(0, wanted);
        let mut next = self.refused(now);
        next.owing += lacking;
        (next, lacking)
    }

    fn note(&mut self, kind: MoveKind, amount: i64, now: Timestamp) {
        self.moves.push(Move { n: self.asked, kind, amount, asked_at: now, done: None });
        self.asked += 1;
    }

    fn changed(&self, now: Timestamp) -> Self {
        Self { waiting: None, updated_at: now, version: self.version + 1, ..self.clone() }
    }
}

impl Move {
    /// Its key at Stripe, and its name in the metadata there.
    pub fn key(&self, settlement: ShipmentId) -> String {
        format!("settle:{settlement}:{}", self.n)
    }

    /// Whether Stripe may have forgotten its key: then it is looked for before it is asked for.
    pub fn may_be_forgotten(&self, now: Timestamp) -> bool {
        may_be_forgotten(self.asked_at, now)
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod whole;
