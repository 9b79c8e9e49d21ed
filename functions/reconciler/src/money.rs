//! Orders with their books and vendors, and Stripe.

use std::collections::BTreeMap;

use domain::{
    Money, Tenant, VendorId,
    ledger::{Account, Transaction},
    order::Order,
    reconciliation::{
        AtStripe, ChargeThere, Difference, DifferenceKind, DisputeThere, RefundThere, TransferThere,
        adds_to_balance, is_quiet, of_order,
    },
    settlement::Settlement,
    vendor::Vendor,
};
use futures::future::try_join_all;
use ordering::noted_intent;
use payments::{Intent, IntentStatus, StripeError};
use store::{monthly, page::Paging};

use crate::{Amounts, Deps, Error, Work, stock::Held};

/// How many orders are looked at together.
const TOGETHER: usize = 8;
const PAGE: u32 = 100;

/// What is known of an order.
struct Looked {
    posted: Vec<Transaction>,
    quiet: bool,
    found: Vec<Difference>,
}

impl Work<'_> {
    /// Compares all orders; answers what the books say that Stripe's balance is.
    pub(crate) async fn orders(&mut self, held: &mut Held) -> Result<Amounts, Error> {
        let (mut balances, mut cursor) = (Amounts::new(), None);
        loop {
            self.in_time()?;
            let paging = Paging { limit: PAGE, cursor };
            let everybodys = (Tenant::Platform, None);
            let page = monthly::newest(&self.deps.store, everybodys, &paging, |_: &Order| true).await?;
            for orders in page.data.chunks(TOGETHER) {
                let looked = try_join_all(orders.iter().map(|order| look(self.deps, order))).await?;
                for (order, looked) in orders.iter().zip(looked) {
                    held.add_order(order);
                    self.run.orders += u64::from(looked.quiet);
                    self.run.under_way += u64::from(!looked.quiet);
                    for (currency, amount) in adds_to_balance(&looked.posted) {
                        *balances.entry(currency.to_string()).or_default() += amount;
                    }
                    self.add_to_accounts(&looked.posted);
                    self.found(&looked.found).await?;
                }
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(balances);
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
                let kind = DifferenceKind::DebtAmount;
                let (expected, noted) = (format!("{owed} {currency}"), format!("{noted} {currency}"));
                found.push(of_vendor(kind, vendor.id, expected, noted));
            }
        }
        Ok(found)
    }

    async fn standing(&self, vendor: &Vendor) -> Result<Option<Difference>, Error> {
        let Some(account) = &vendor.payouts.account_id else { return Ok(None) };
        let there = self.deps.connect.account(account).await?.takes_transfers;
        let here = vendor.payouts.accepts_payments();
        let word = |ready| if ready { "is paid" } else { "is not paid" };
        let differs = there != here;
        Ok(differs.then(|| of_vendor(DifferenceKind::AccountStanding, vendor.id, word(there), word(here))))
    }

    /// Compares Stripe's balance, where nothing was under way.
    pub(crate) async fn balance(&mut self, mut booked: Amounts) -> Result<(), Error> {
        if self.run.under_way > 0 {
            return Ok(());
        }
        let mut there = self.deps.transfers.balance().await?;
        booked.retain(|_, amount| *amount != 0);
        there.retain(|_, amount| *amount != 0);
        let currencies: std::collections::BTreeSet<&String> = booked.keys().chain(there.keys()).collect();
        let of = |amounts: &Amounts, currency: &str| amounts.get(currency).copied().unwrap_or_default();
        let differ = currencies.into_iter().filter(|currency| of(&booked, currency) != of(&there, currency));
        let found: Vec<_> = differ
            .map(|currency| Difference {
                kind: DifferenceKind::Balance,
                about: "stripe".to_owned(),
                expected: format!("{} {currency}", of(&booked, currency)),
                found: format!("{} {currency}", of(&there, currency)),
            })
            .collect();
        self.found(&found).await
    }
}

fn of_vendor(
    kind: DifferenceKind,
    vendor: VendorId,
    expected: impl ToString,
    found: impl ToString,
) -> Difference {
    let (about, expected, found) = (vendor.to_string(), expected.to_string(), found.to_string());
    Difference { kind, about, expected, found }
}

async fn look(deps: &Deps, order: &Order) -> Result<Looked, Error> {
    let store = &deps.store;
    let posted = store::ledger::of_order(store, &order.channel, order.id).await?;
    let settlements = store::settlement::of_order(store, order).await?;
    let quiet = is_quiet(order, &settlements, store.now());
    if !quiet {
        return Ok(Looked { posted, quiet, found: Vec::new() });
    }
    let stripe = at_stripe(deps, order).await?;
    let mut found = of_order(order, &posted, &settlements, &stripe);
    for line in store::ledger::unstated(store, &posted).await? {
        found.push(Difference {
            kind: DifferenceKind::StatementMissing,
            about: order.id.to_string(),
            expected: line,
            found: "nothing".to_owned(),
        });
    }
    Ok(Looked { posted, quiet, found })
}

/// Reads what Stripe has of an order.
async fn at_stripe(deps: &Deps, order: &Order) -> Result<AtStripe, Error> {
    let Some(id) = noted_intent(order) else {
        return Ok(AtStripe::default());
    };
    let intent = match deps.stripe.intent(&id).await {
        Err(StripeError::NotFound) => return Ok(AtStripe::default()),
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
            .map(|one| DisputeThere { verdict: ordering::verdict(one.status), id: one.id })
            .collect(),
    })
}

async fn charge(deps: &Deps, intent: &Intent) -> Result<Option<ChargeThere>, Error> {
    let Ok(currency) = intent.currency.parse() else { return Ok(None) };
    let takings = match &intent.charge {
        Some(charge) => deps.transfers.takings(charge).await?,
        None => None,
    };
    let fee = takings.and_then(|takings| Some(Money::new(takings.fee, takings.currency.parse().ok()?)));
    Ok(Some(ChargeThere { amount: Money::new(intent.amount_received, currency), fee }))
}
