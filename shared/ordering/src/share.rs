//! Sharing out what an order was paid: each vendor's share goes to its account at Stripe, and back where the buyer gets it back.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    ledger::{Kind, Transaction, entries},
    order::{Order, OrderShipment, StepError},
    payouts::{Payouts, PayoutsStatus},
    settlement::{Move, MoveKind, Settlement, Step, Waiting},
};
use payments::{NewReversal, NewTransfer, StripeError, Transfers};
use platform::Ids;
use store::Store;

use crate::{Error, TURNS};

/// Names in a transfer's metadata which move of which settlement it is.
const MOVE: &str = "move";
/// More steps than a part ever takes one after the other: it is looked at again later.
const STEPS: usize = 32;

/// The table, Stripe's transfers, and new ids.
#[derive(Clone)]
pub struct Sharing {
    pub store: Store,
    pub stripe: Arc<dyn Transfers>,
    pub ids: Ids,
}

/// A vendor's part on its way to where it rests.
struct Part<'a> {
    order: &'a Order,
    shipment: &'a OrderShipment,
    settlement: Settlement,
    /// How the vendor is paid, once that was read.
    payouts: Option<Payouts>,
}

/// Whether a part rests, or there is more to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Step,
    Rest,
}

impl Sharing {
    /// Brings what each vendor has of a confirmed order to what it should have, or notes that its share waits.
    ///
    /// # Errors
    /// The last trouble with one of them; the others are brought there all the same.
    pub async fn share_out(&self, order: &Order) -> Result<(), Error> {
        if order.confirmed_at.is_none() {
            return Ok(());
        }
        let found = store::settlement::of_order(&self.store, order).await?;
        let mut found: BTreeMap<_, _> = found.into_iter().map(|one| (one.id, one)).collect();
        let mut outcome = Ok(());
        for shipment in &order.shipments {
            let settlement = match found.remove(&shipment.id) {
                Some(found) => found.following(shipment),
                None => Settlement::of(order, shipment, self.store.now()),
            };
            let part = Part { order, shipment, settlement, payouts: None };
            if let Err(error) = self.bring(part).await {
                tracing::warn!(order.id = %order.id, vendor.id = %shipment.vendor_id, error = &error as &dyn std::error::Error, "a share is not where it belongs yet");
                outcome = Err(error);
            }
        }
        outcome
    }

    async fn bring(&self, mut part: Part<'_>) -> Result<(), Error> {
        let mut lost = 0;
        for _ in 0..STEPS {
            match self.step(&mut part).await {
                Ok(Next::Rest) => return Ok(()),
                Ok(Next::Step) => {}
                Err(Error::Store(store::Error::VersionConflict)) if lost < TURNS => {
                    lost += 1;
                    self.read_again(&mut part).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Err(store::Error::VersionConflict.into())
    }

    async fn read_again(&self, part: &mut Part<'_>) -> Result<(), Error> {
        let (vendor, id) = (part.shipment.vendor_id, part.shipment.id);
        part.settlement = match store::settlement::get(&self.store, vendor, id).await {
            Err(store::Error::NotFound) => Settlement::of(part.order, part.shipment, self.store.now()),
            other => other?.following(part.shipment),
        };
        Ok(())
    }

    async fn step(&self, part: &mut Part<'_>) -> Result<Next, Error> {
        let now = self.store.now();
        let settlement = part.settlement.clone();
        let (vendor, currency) = (settlement.vendor_id, settlement.currency);
        match settlement.step(0) {
            Step::Rest => Ok(Next::Rest),
            Step::Ask(open) => self.ask(part, open).await,
            Step::TakeBack { of, amount } => {
                self.save(part, settlement.taking_back(of, amount, now), None, 0).await
            }
            Step::Owe(amount) => self.save(part, settlement.owing(amount, now), None, amount).await,
            Step::Pay { .. } if self.payouts(part).await?.status != PayoutsStatus::Ready => {
                self.wait(part, Waiting::NotReady).await
            }
            Step::Pay { amount, .. } => {
                let debts = store::settlement::debts(&self.store, &[vendor], currency).await?;
                let withhold = debts.get(&vendor).copied().unwrap_or_default().min(amount);
                let next = settlement.paying(amount - withhold, withhold, now);
                self.save(part, next, None, -withhold).await
            }
        }
    }

    /// Asks Stripe for the open move, and notes what came of it.
    async fn ask(&self, part: &mut Part<'_>, open: &Move) -> Result<Next, Error> {
        let now = self.store.now();
        let account = self.payouts(part).await?.account_id.clone().unwrap_or_default();
        let known = if open.may_be_forgotten(now) { self.look_for(part, open).await? } else { None };
        let made = match known {
            Some(id) => Ok(id),
            None => self.call(part, open, &account).await,
        };
        match made {
            Ok(id) => self.made(part, open, &id).await,
            // Stripe will never answer under this key: what it has made of it counts, else it is asked for under the next.
            Err(StripeError::Stuck) => match self.look_for(part, open).await? {
                Some(id) => self.made(part, open, &id).await,
                None => {
                    let next = part.settlement.refused(now);
                    self.save(part, next, None, 0).await
                }
            },
            Err(StripeError::NotReady) => self.wait(part, Waiting::NotReady).await,
            Err(StripeError::NotPayable { code }) => {
                tracing::error!(vendor.id = %part.shipment.vendor_id, code, alarm = "not_payable", "no money can be sent to a vendor");
                self.wait(part, Waiting::NotPayable).await
            }
            Err(StripeError::TooLittleThere) => {
                let funds = self.stripe.funds(&account).await?;
                let there = funds.get(part.settlement.currency.code()).copied().unwrap_or_default();
                let (next, debt) = part.settlement.not_covered(there, now);
                self.save(part, next, None, debt).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Answers Stripe's id of the move.
    async fn call(&self, part: &Part<'_>, open: &Move, account: &str) -> Result<String, StripeError> {
        let settlement = &part.settlement;
        let key = open.key(settlement.id);
        let metadata = BTreeMap::from([
            ("order_id".to_owned(), settlement.order_id.to_string()),
            (MOVE.to_owned(), key.clone()),
        ]);
        match &open.kind {
            MoveKind::Transfer => {
                let wanted = NewTransfer {
                    key,
                    amount: open.amount,
                    currency: settlement.currency.code().to_owned(),
                    destination: account.to_owned(),
                    source: settlement.charge_id.clone(),
                    group: settlement.order_id.to_string(),
                    metadata,
                };
                Ok(self.stripe.transfer(wanted).await?.id)
            }
            MoveKind::Reversal { of } => {
                let wanted = NewReversal { key, transfer: of.clone(), amount: open.amount, metadata };
                Ok(self.stripe.reverse(wanted).await?.id)
            }
        }
    }

    /// Stripe's id of the move, where Stripe has made it.
    async fn look_for(&self, part: &Part<'_>, open: &Move) -> Result<Option<String>, Error> {
        let key = open.key(part.settlement.id);
        let ours = |metadata: &BTreeMap<String, String>| metadata.get(MOVE) == Some(&key);
        Ok(match &open.kind {
            MoveKind::Transfer => {
                let made = self.stripe.transfers(&part.settlement.order_id.to_string()).await?;
                made.into_iter().find(|one| ours(&one.metadata)).map(|one| one.id)
            }
            MoveKind::Reversal { of } => {
                let made = self.stripe.reversals(of).await?;
                made.into_iter().find(|one| ours(&one.metadata)).map(|one| one.id)
            }
        })
    }

    /// Notes that Stripe has made the move, and posts it.
    async fn made(&self, part: &mut Part<'_>, open: &Move, stripe_id: &str) -> Result<Next, Error> {
        let now = self.store.now();
        let settlement = &part.settlement;
        let (vendor, amount) = (settlement.vendor_id, open.amount);
        let (kind, entries) = match open.kind {
            MoveKind::Transfer => (Kind::Transfer, entries::transfer(vendor, amount)),
            MoveKind::Reversal { .. } => (Kind::Reversal, entries::reversal(vendor, amount)),
        };
        let (id, order) = (self.ids.next(), settlement.order_id);
        let posted = Transaction::balanced(id, kind, order, settlement.currency, entries, now);
        let posted = posted.map_err(StepError::from)?;
        let Some(next) = settlement.made(open.n, stripe_id, now) else {
            return Err(store::Error::VersionConflict.into());
        };
        let next = self.save(part, next, Some(&posted), 0).await?;
        store::ledger::state(&self.store, &posted).await?;
        Ok(next)
    }

    /// Notes that the share stays with the platform; an open move, which Stripe has refused, is forgotten.
    async fn wait(&self, part: &mut Part<'_>, why: Waiting) -> Result<Next, Error> {
        if part.settlement.waiting != Some(why) {
            let next = part.settlement.refused(self.store.now()).waiting(why, self.store.now());
            self.save(part, next, None, 0).await?;
        }
        Ok(Next::Rest)
    }

    async fn save(
        &self,
        part: &mut Part<'_>,
        next: Settlement,
        posted: Option<&Transaction>,
        debt: i64,
    ) -> Result<Next, Error> {
        let seen = part.settlement.version;
        store::settlement::save(&self.store, seen, &next, posted, debt).await?;
        part.settlement = next;
        Ok(Next::Step)
    }

    async fn payouts<'p>(&self, part: &'p mut Part<'_>) -> Result<&'p Payouts, Error> {
        if part.payouts.is_none() {
            part.payouts = Some(store::vendor::get(&self.store, part.shipment.vendor_id).await?.payouts);
        }
        Ok(part.payouts.get_or_insert_default())
    }
}
