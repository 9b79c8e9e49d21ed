//! Transfers to connected accounts, and what comes back of them.
//! Sources: <https://docs.stripe.com/api/transfers>, <https://docs.stripe.com/api/transfer_reversals>, <https://docs.stripe.com/connect/separate-charges-and-transfers>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::funds::Kind;
use super::{Call, Machine, Params, Refusal};

#[derive(Clone)]
pub(super) struct Transfer {
    pub(super) id: String,
    amount: i64,
    currency: String,
    created: i64,
    pub(super) destination: String,
    description: Option<String>,
    metadata: BTreeMap<String, String>,
    pub(super) group: Option<String>,
    pub(super) source: Option<String>,
    balance_transaction: String,
    reversals: Vec<Reversal>,
}

/// A part of a transfer that came back.
#[derive(Clone)]
pub(super) struct Reversal {
    id: String,
    amount: i64,
    currency: String,
    created: i64,
    metadata: BTreeMap<String, String>,
    transfer: String,
    balance_transaction: String,
}

impl Transfer {
    fn amount_reversed(&self) -> i64 {
        self.reversals.iter().map(|reversal| reversal.amount).sum()
    }

    pub(super) fn reversals_newest_first(&self) -> impl Iterator<Item = Value> {
        self.reversals.iter().rev().map(Reversal::json)
    }

    pub(super) fn json(&self) -> Value {
        let reversals: Vec<Value> = self.reversals_newest_first().take(10).collect();
        json!({
            "id": self.id, "object": "transfer", "amount": self.amount, "amount_reversed": self.amount_reversed(),
            "balance_transaction": self.balance_transaction, "created": self.created, "currency": self.currency, "description": self.description,
            "destination": self.destination, "destination_payment": format!("py_{}", self.id), "livemode": false, "metadata": self.metadata,
            "reversals": {"object": "list", "data": reversals, "has_more": self.reversals.len() > 10, "total_count": self.reversals.len(), "url": format!("/v1/transfers/{}/reversals", self.id)},
            "reversed": self.amount_reversed() == self.amount, "source_transaction": self.source, "source_type": "card", "transfer_group": self.group,
        })
    }
}

impl Reversal {
    fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "transfer_reversal", "amount": self.amount, "balance_transaction": self.balance_transaction,
            "created": self.created, "currency": self.currency, "destination_payment_refund": null, "metadata": self.metadata,
            "source_refund": null, "transfer": self.transfer,
        })
    }
}

impl Machine {
    pub(super) fn create_transfer(&mut self, params: &Params, call: &Call) -> Result<Value, Refusal> {
        params.only(&[
            "amount",
            "currency",
            "description",
            "destination",
            "metadata",
            "source_transaction",
            "transfer_group",
        ])?;
        params.required("amount")?;
        let amount = params.integer("amount")?.unwrap_or_default();
        if amount < 1 {
            return Err(Refusal::invalid("parameter_invalid_integer", "amount", "Invalid positive integer"));
        }
        let currency = params.required("currency")?.to_ascii_lowercase();
        let (destination, metadata) = (params.required("destination")?.to_owned(), params.metadata()?);
        let Some(account) = self.accounts.get(&destination) else {
            return Err(Refusal::missing("destination", "destination", &destination));
        };
        if !account.is_in_region() {
            let message = "Funds can't be sent to accounts located in this country.";
            return Err(Refusal::state("transfers_not_allowed", message));
        }
        if !account.takes_transfers() {
            let message = "Your destination account needs to have at least one of the following capabilities enabled: transfers.";
            return Err(Refusal::state("insufficient_capabilities_for_transfer", message));
        }
        let source = params.text("source_transaction")?.map(str::to_owned);
        let group = params.text("transfer_group")?.map(str::to_owned);
        let group = match &source {
            Some(charge) => self.check_source(charge, amount, &currency)?.or(group),
            None if self.balance.get(&currency).copied().unwrap_or_default() < amount => {
                return Err(Refusal::state("balance_insufficient", INSUFFICIENT));
            }
            None => group,
        };
        let id = self.ids.next("tr_3");
        let balance_transaction = self.book(Kind::Transfer, (-amount, 0), &currency, &id, call);
        if let Some(account) = self.accounts.get_mut(&destination) {
            *account.balance.entry(currency.clone()).or_default() += amount;
        }
        let transfer = Transfer {
            id: id.clone(),
            amount,
            currency,
            created: call.now(),
            destination,
            description: params.text("description")?.map(str::to_owned),
            metadata,
            group,
            source,
            balance_transaction,
            reversals: Vec::new(),
        };
        let body = transfer.json();
        self.transfers.add(&id, transfer);
        self.emit("transfer.created", &id, &body, call);
        Ok(body)
    }

    /// Whether a charge pays for a transfer: all transfers of it come to what it charged at most. Answers the charge's group.
    fn check_source(&self, id: &str, amount: i64, currency: &str) -> Result<Option<String>, Refusal> {
        let charge =
            self.charges.get(id).ok_or_else(|| Refusal::missing("charge", "source_transaction", id))?;
        if !charge.paid() {
            return Err(Refusal::plain("source_transaction", format!("Charge {id} was not paid.")));
        }
        if charge.currency != currency {
            let message = format!(
                "The currency of source_transaction's balance transaction ({}) must be the same as the transfer currency ({currency})",
                charge.currency
            );
            return Err(Refusal::plain("currency", message));
        }
        let of_it = self.transfers.oldest_first().filter(|one| one.source.as_deref() == Some(id));
        let gone: i64 = of_it.map(|one| one.amount - one.amount_reversed()).sum();
        if gone + amount > charge.amount {
            let message = format!("The transfers of {id} exceed what was charged ({})", charge.amount);
            return Err(Refusal::plain("amount", message));
        }
        Ok(charge.transfer_group.clone())
    }

    pub(super) fn retrieve_transfer(&self, id: &str, params: &Params) -> Result<Value, Refusal> {
        params.only(&[])?;
        self.transfers.get(id).map(Transfer::json).ok_or_else(|| Refusal::missing("transfer", "transfer", id))
    }

    pub(super) fn create_reversal(
        &mut self,
        id: &str,
        params: &Params,
        call: &Call,
    ) -> Result<Value, Refusal> {
        params.only(&["amount", "description", "metadata"])?;
        let (asked, metadata) = (params.integer("amount")?, params.metadata()?);
        let Some(transfer) = self.transfers.get(id) else {
            return Err(Refusal::missing("transfer", "id", id));
        };
        let left = transfer.amount - transfer.amount_reversed();
        let amount = asked.unwrap_or(left);
        if amount < 1 || amount > left {
            let message = format!("The amount ({amount}) is not above zero, or above what is left ({left})");
            return Err(Refusal::plain("amount", message));
        }
        let (currency, destination) = (transfer.currency.clone(), transfer.destination.clone());
        let funds = self.account(&destination)?.balance.get(&currency).copied().unwrap_or_default();
        if funds < amount {
            return Err(Refusal::state("balance_insufficient", INSUFFICIENT));
        }
        let reversal_id = self.ids.next("trr_1");
        let balance_transaction = self.book(Kind::TransferRefund, (amount, 0), &currency, &reversal_id, call);
        if let Some(account) = self.accounts.get_mut(&destination) {
            *account.balance.entry(currency.clone()).or_default() -= amount;
        }
        let reversal = Reversal {
            id: reversal_id,
            amount,
            currency,
            created: call.now(),
            metadata,
            transfer: id.to_owned(),
            balance_transaction,
        };
        let body = reversal.json();
        if let Some(transfer) = self.transfers.get_mut(id) {
            transfer.reversals.push(reversal);
            let shown = transfer.json();
            self.emit("transfer.reversed", id, &shown, call);
        }
        Ok(body)
    }
}

const INSUFFICIENT: &str = "You have insufficient funds in the account for this transfer.";
