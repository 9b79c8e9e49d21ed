//! Sharing out what an order was paid: each vendor's share goes to its account at Stripe, and back where the buyer gets it back.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use domain::{
    OrderId, Tenant, Timestamp, VendorId,
    ledger::{Kind, Transaction, entries},
    order::{Order, OrderShipment, StepError},
    settlement::{Move, MoveKind, Settlement, Step, Waiting},
};
use payments::{NewReversal, NewTransfer, StripeError};

use crate::{Error, Settling, TURNS};

/// Names in a transfer's metadata which move of which settlement it is.
const MOVE: &str = "move";
/// More steps than a part ever takes one after the other: it is looked at again later.
const STEPS: usize = 32;

/// A vendor's part on its way to where it rests.
struct Part<'a> {
    order: &'a Order,
    shipment: &'a OrderShipment,
    settlement: Settlement,
    /// What is stored of it says something else.
    news: bool,
    /// The vendor's account at Stripe, if it has one.
    account: Option<String>,
    /// What the vendor owes.
    debt: i64,
    /// When it was read.
    now: Timestamp,
}

impl<'a> Part<'a> {
    /// A part as it was stored, if it was, and has come on since.
    fn of(order: &'a Order, shipment: &'a OrderShipment, stored: Option<Settlement>, now: Timestamp) -> Self {
        let known = stored.as_ref().map(|stored| stored.taken_back);
        let settlement = match stored {
            Some(stored) => stored.following(shipment),
            None => Settlement::of(order, shipment, now),
        };
        let over = settlement.waiting.is_some() && settlement.step(0) == Step::Rest;
        let news = over || known.is_some_and(|known| known != settlement.taken_back);
        Self { order, shipment, settlement, news, account: None, debt: 0, now }
    }

    /// Whether there is nothing to do for it at Stripe: it is where it belongs, or Stripe lets no money go there, and it is not tried again yet.
    fn rests(&self) -> bool {
        let early = self.settlement.due.is_none_or(|due| due > self.now);
        let nowhere = self.settlement.waiting == Some(Waiting::NotPayable) && early;
        matches!(self.settlement.step(0), Step::Rest)
            || nowhere && matches!(self.settlement.step(0), Step::Pay { .. })
    }
}

/// Whether a part rests, or there is more to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Step,
    Rest,
}

impl Settling {
    /// Brings what each vendor has of a confirmed order to what it should have, or notes that its share waits.
    ///
    /// # Errors
    /// The last trouble with one of them; the others are brought there all the same.
    pub async fn share_out(&self, order: &Order) -> Result<(), Error> {
        if order.confirmed_at.is_none() {
            return Ok(());
        }
        let mut outcome = Ok(());
        for part in self.unsettled(order).await? {
            let vendor = part.shipment.vendor_id;
            if let Err(error) = self.bring(part).await {
                tracing::warn!(order.id = %order.id, vendor.id = %vendor, error = &error as &dyn std::error::Error, "a share is not where it belongs yet");
                outcome = Err(error);
            }
        }
        outcome
    }

    /// [`share_out`](Self::share_out) of an order as it is now.
    pub async fn share(&self, channel: &Tenant, id: OrderId) -> Result<(), Error> {
        self.share_out(&store::order::get(&self.ordering.store, channel, id).await?).await
    }

    /// The parts of an order that do not rest, with all that their next steps need. Where Stripe lets no money go, a part rests.
    async fn unsettled<'a>(&self, order: &'a Order) -> Result<Vec<Part<'a>>, Error> {
        let (store, now) = (&self.ordering.store, self.ordering.store.now());
        let found = store::settlement::of_order(store, order).await?;
        let mut found: BTreeMap<_, _> = found.into_iter().map(|one| (one.id, one)).collect();
        let parts = order.shipments.iter().map(|part| Part::of(order, part, found.remove(&part.id), now));
        let mut parts: Vec<_> = parts.filter(|part| part.news || !part.rests()).collect();
        if parts.is_empty() {
            return Ok(parts);
        }
        let vendors: Vec<VendorId> = parts.iter().map(|part| part.shipment.vendor_id).collect();
        let debts = store::settlement::debts(store, &vendors, order.currency).await?;
        let vendors = store::vendor::get_all(store, &vendors).await?;
        let mut accounts: BTreeMap<_, _> =
            vendors.into_iter().map(|vendor| (vendor.id, vendor.payouts.account_id)).collect();
        for part in &mut parts {
            let vendor = &part.shipment.vendor_id;
            part.account = accounts.remove(vendor).flatten();
            part.debt = debts.get(vendor).copied().unwrap_or_default();
        }
        Ok(parts)
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
        let store = &self.ordering.store;
        let stored = match store::settlement::get(store, vendor, id).await {
            Err(store::Error::NotFound) => None,
            other => Some(other?),
        };
        let debts = store::settlement::debts(store, &[vendor], part.order.currency).await?;
        let debt = debts.get(&vendor).copied().unwrap_or_default();
        let read = Part::of(part.order, part.shipment, stored, store.now());
        *part = Part { account: part.account.take(), debt, ..read };
        Ok(())
    }

    async fn step(&self, part: &mut Part<'_>) -> Result<Next, Error> {
        let now = self.ordering.store.now();
        let settlement = part.settlement.clone();
        match settlement.step(part.debt) {
            _ if part.rests() && !part.news => Ok(Next::Rest),
            Step::Rest => self.save(part, settlement.resting(now), None, 0).await,
            Step::Pay { .. } if part.rests() => {
                self.save(part, settlement.waiting(Waiting::NotPayable, now), None, 0).await
            }
            Step::Ask(open) => match part.account.clone() {
                Some(account) => self.ask(part, open, &account).await,
                None => self.wait(part, Waiting::NotReady).await,
            },
            Step::TakeBack { of, amount } => {
                self.save(part, settlement.taking_back(of, amount, now), None, 0).await
            }
            Step::Owe(amount) => self.save(part, settlement.owing(amount, now), None, amount).await,
            // Whether the account takes it, Stripe says: what we have heard of it may be old.
            Step::Pay { .. } if part.account.is_none() => self.wait(part, Waiting::NotReady).await,
            Step::Pay { amount, withhold } => {
                let next = settlement.paying(amount, withhold, now);
                self.save(part, next, None, -withhold).await
            }
        }
    }

    /// Asks Stripe for the open move, and notes what came of it.
    async fn ask(&self, part: &mut Part<'_>, open: &Move, account: &str) -> Result<Next, Error> {
        let now = self.ordering.store.now();
        let known = if open.may_be_forgotten(now) { self.look_for(part, open).await? } else { None };
        let made = match known {
            Some(id) => Ok(id),
            None => self.call(part, open, account).await,
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
                let funds = self.transfers.funds(account).await?;
                let funds = funds.get(part.settlement.currency.code()).copied().unwrap_or_default();
                let there = funds.available + funds.pending;
                if there >= open.amount && funds.available < open.amount {
                    return self.wait(part, Waiting::NotSettled).await;
                }
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
                Ok(self.transfers.transfer(wanted).await?.id)
            }
            MoveKind::Reversal { of } => {
                let wanted = NewReversal { key, transfer: of.clone(), amount: open.amount, metadata };
                Ok(self.transfers.reverse(wanted).await?.id)
            }
        }
    }

    /// Stripe's id of the move, where Stripe has made it.
    async fn look_for(&self, part: &Part<'_>, open: &Move) -> Result<Option<String>, Error> {
        let key = open.key(part.settlement.id);
        let ours = |metadata: &BTreeMap<String, String>| metadata.get(MOVE) == Some(&key);
        Ok(match &open.kind {
            MoveKind::Transfer => {
                let made = self.transfers.transfers(&part.settlement.order_id.to_string()).await?;
                made.into_iter().find(|one| ours(&one.metadata)).map(|one| one.id)
            }
            MoveKind::Reversal { of } => {
                let made = self.transfers.reversals(of).await?;
                made.into_iter().find(|one| ours(&one.metadata)).map(|one| one.id)
            }
        })
    }

    /// Notes that Stripe has made the move, and posts it.
    async fn made(&self, part: &mut Part<'_>, open: &Move, stripe_id: &str) -> Result<Next, Error> {
        let now = self.ordering.store.now();
        let settlement = &part.settlement;
        let (vendor, amount) = (settlement.vendor_id, open.amount);
        let (kind, entries) = match open.kind {
            MoveKind::Transfer => (Kind::Transfer, entries::transfer(vendor, amount)),
            MoveKind::Reversal { .. } => (Kind::Reversal, entries::reversal(vendor, amount)),
        };
        let (id, order) = (self.ordering.ids.next(), settlement.order_id);
        let posted = Transaction::balanced(id, kind, order, settlement.currency, entries, now);
        let posted = posted.map_err(StepError::from)?;
        let Some(next) = settlement.made(open.n, stripe_id, now) else {
            return Err(store::Error::VersionConflict.into());
        };
        let next = self.save(part, next, Some(&posted), 0).await?;
        store::ledger::state(&self.ordering.store, &posted).await?;
        Ok(next)
    }

    /// Notes that money stays where it is; an open move, which Stripe has refused, is forgotten.
    async fn wait(&self, part: &mut Part<'_>, why: Waiting) -> Result<Next, Error> {
        if part.settlement.waiting != Some(why) {
            let next =
                part.settlement.refused(self.ordering.store.now()).waiting(why, self.ordering.store.now());
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
        store::settlement::save(&self.ordering.store, seen, &next, posted, debt).await?;
        part.settlement = next;
        part.news = false;
        part.debt += debt;
        Ok(Next::Step)
    }
}
