//! Orders with their books and vendors, and Stripe.

use std::collections::BTreeMap;

use domain::{
    Currency, Money, Tenant, Timestamp,
    ledger::{Account, Transaction},
    order::Order,
    reconciliation::{
        AtStripe, Between, ChargeThere, Difference, DifferenceKind, DisputeThere, RefundThere, Seen,
        TransferThere, of_account, of_order,
    },
    settlement::Settlement,
    vendor::Vendor,
};
use futures::future::try_join_all;
use ordering::noted_intent;
use payments::{Intent, IntentStatus, StripeError, Takings};
use store::{Store, monthly, page::Paging};

use crate::{Deps, Error, Work, stock::Held};

/// How many orders are looked at together.
const TOGETHER: usize = 8;
const PAGE: u32 = 100;

/// What is known of an order.
struct Looked {
    posted: Vec<Transaction>,
    under_way: bool,
    /// What it had added to Stripe's balance when that was read.
    adds: BTreeMap<Currency, Between>,
    found: Vec<Difference>,
}

impl Work<'_> {
    /// Compares all orders; answers what Stripe's balance may have been when it was read.
    pub(crate) async fn orders(
        &mut self,
        held: &mut Held,
        read_at: Timestamp,
    ) -> Result<BTreeMap<Currency, Between>, Error> {
        let mut booked: BTreeMap<Currency, Between> = BTreeMap::new();
        let mut cursor = None;
        loop {
            self.in_time()?;
            let paging = Paging { limit: PAGE, cursor };
            let everybodys = (Tenant::Platform, None);
            let page = monthly::newest(&self.deps.store, everybodys, &paging, |_: &Order| true).await?;
            for orders in page.data.chunks(TOGETHER) {
                let looked = try_join_all(orders.iter().map(|order| look(self.deps, order, read_at))).await?;
                for (order, looked) in orders.iter().zip(looked) {
                    held.add_order(order);
                    self.run.orders += u64::from(!looked.under_way);
                    self.run.under_way += u64::from(looked.under_way);
                    for (currency, between) in looked.adds {
                        *booked.entry(currency).or_default() += between;
                    }
                    self.add_to_accounts(&looked.posted);
                    self.found(&looked.found).await?;
                }
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(booked);
            }
        }
    }

    fn add_to_accounts(&mut self, posted: &[Transaction]) {
        for one in posted {
            for entry in &one.entries {
                let account = match entry.account {
                    Account::VendorPayable(_) => "VENDOR_PAYABLE".to_owned(),
                    other => other.to_string(),
                };
                *self.run.balances.entry(format!("{account} {}", one.currency)).or_default() +=
                    entry.signed();
            }
        }
    }

    /// Compares what vendors owe, and how their accounts stand.
    pub(crate) async fn vendors(&mut self) -> Result<(), Error> {
        let mut cursor = None;
        loop {
            let page = store::vendor::list(&self.deps.store, None, &Paging { limit: PAGE, cursor }).await?;
            for vendor in &page.data {
                self.in_time()?;
                self.run.vendors += 1;
                let mut found = self.debts(vendor).await?;
                found.extend(self.standing(vendor).await?);
                self.found(&found).await?;
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn debts(&self, vendor: &Vendor) -> Result<Vec<Difference>, Error> {
        let store = &self.deps.store;
        let (mut owed, mut cursor) = (BTreeMap::from([(vendor.currency, 0)]), None);
        loop {
            let whose = (Tenant::Vendor(vendor.id), Some(vendor.created_at));
            let paging = Paging { limit: PAGE, cursor };
            let page = monthly::newest(store, whose, &paging, |_: &Settlement| true).await?;
            for one in page.data {
                *owed.entry(one.currency).or_default() += one.owing - one.withheld;
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        let mut found = Vec::new();
        for (currency, owed) in owed {
            let debts = store::settlement::debts(store, &[vendor.id], currency).await?;
            let noted: i64 = debts.get(&vendor.id).copied().unwrap_or_default();
            if noted != owed {
                found.push(Difference {
                    kind: DifferenceKind::DebtAmount,
                    about: vendor.id.to_string(),
                    expected: format!("{owed} {currency}"),
                    found: format!("{noted} {currency}"),
                });
            }
        }
        Ok(found)
    }

    async fn standing(&self, vendor: &Vendor) -> Result<Option<Difference>, Error> {
        let Some(account) = &vendor.payouts.account_id else { return Ok(None) };
        let there = match self.deps.connect.account(account).await {
            Err(error) if error.is_unknown_there() => None,
            other => Some(other?.takes_transfers),
        };
        Ok(of_account(vendor, there))
    }
}

async fn look(deps: &Deps, order: &Order, read_at: Timestamp) -> Result<Looked, Error> {
    let store = &deps.store;
    let posted = store::ledger::of_order(store, &order.channel, order.id).await?;
    let settlements = store::settlement::of_order(store, order).await?;
    let stripe = at_stripe(deps, order).await?;
    let seen = Seen { order, posted: &posted, settlements: &settlements, stripe: &stripe, at: store.now() };
    let (mut under_way, mut found) = (seen.is_under_way(), seen.stuck());
    if !under_way {
        found.extend(of_order(&seen));
        for line in store::ledger::unstated(store, &posted).await? {
            found.push(Difference {
                kind: DifferenceKind::StatementMissing,
                about: order.id.to_string(),
                expected: line,
                found: "nothing".to_owned(),
            });
        }
    }
    if !found.is_empty() && has_changed(store, order, &settlements).await? {
        // It was read at different times.
        (under_way, found) = (true, Vec::new());
    }
    let adds = seen.adds_to_balance(read_at);
    Ok(Looked { posted, under_way, adds, found })
}

/// Whether an order or a settlement of it has changed since they were read.
async fn has_changed(store: &Store, order: &Order, settlements: &[Settlement]) -> Result<bool, Error> {
    let now = store::order::get(store, &order.channel, order.id).await?;
    Ok(now.version != order.version || store::settlement::of_order(store, order).await? != settlements)
}

/// Reads what Stripe has of an order.
async fn at_stripe(deps: &Deps, order: &Order) -> Result<AtStripe, Error> {
    let Some(id) = noted_intent(order) else {
        return Ok(AtStripe::default());
    };
    let intent = match deps.stripe.intent(&id).await {
        Err(error) if error.is_unknown_there() => return Ok(AtStripe::default()),
        other => other?,
    };
    if intent.status != IntentStatus::Succeeded {
        return Ok(AtStripe::default());
    }
    let group = order.id.to_string();
    let (charge, refunds, transfers, disputes) = futures::try_join!(
        charge(deps, &intent),
        async { Ok::<_, Error>(deps.stripe.refunds(&id).await?) },
        async { Ok(deps.transfers.transfers(&group).await?) },
        async { Ok(deps.transfers.disputes(&id).await?) },
    )?;
    let refunds = refunds.into_iter().filter(payments::Refund::counts);
    Ok(AtStripe {
        charge,
        refunds: refunds
            .map(|refund| RefundThere {
                part: refund.metadata.get(ordering::PART).cloned(),
                id: refund.id,
                amount: refund.amount,
            })
            .collect(),
        transfers: transfers
            .into_iter()
            .map(|one| TransferThere { id: one.id, amount: one.amount, reversed: one.amount_reversed })
            .collect(),
        disputes: disputes
            .into_iter()
            .filter(payments::Dispute::counts)
            .map(|one| DisputeThere {
                verdict: ordering::verdict(one.status),
                id: one.id,
                amount: one.amount,
                fee: one.fee,
            })
            .collect(),
    })
}

async fn charge(deps: &Deps, intent: &Intent) -> Result<Option<ChargeThere>, Error> {
    let takings = match &intent.charge {
        Some(charge) => deps.transfers.takings(charge).await,
        None => Ok(None),
    };
    Ok(charge_there(intent, takings)?)
}

/// What there is of a payment, by what Stripe answered for its charge; none in a currency that nobody knows.
pub(crate) fn charge_there(
    intent: &Intent,
    takings: Result<Option<Takings>, StripeError>,
) -> Result<Option<ChargeThere>, StripeError> {
    let (takings, gone) = match takings {
        Err(error) if error.is_unknown_there() => (None, true),
        other => (other?, false),
    };
    let Ok(currency) = intent.currency.parse() else { return Ok(None) };
    let fee = takings.and_then(|takings| Some(Money::new(takings.fee, takings.currency.parse().ok()?)));
    Ok(Some(ChargeThere { amount: Money::new(intent.amount_received, currency), fee, gone }))
}
