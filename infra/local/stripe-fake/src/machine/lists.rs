//! Lists, newest first, paged by id. Source: <https://docs.stripe.com/api/pagination>.

use serde_json::{Value, json};

use super::accounts::Payout;
use super::charges::Charge;
use super::funds::BalanceTransaction;
use super::intents::Intent;
use super::refunds::Refund;
use super::transfers::Transfer;
use super::{Machine, Params, Refusal};

fn page(newest_first: impl Iterator<Item = Value>, url: &str, params: &Params) -> Result<Value, Refusal> {
    let limit = params.integer("limit")?.unwrap_or(10);
    let count = usize::try_from(limit).ok().filter(|n| (1..=100).contains(n)).ok_or_else(|| {
        Refusal::invalid("parameter_invalid_integer", "limit", "This value must be between 1 and 100.")
    })?;
    let after = params.text("starting_after")?;
    let id = |item: &Value| item.get("id").and_then(Value::as_str).map(str::to_owned);
    let mut rest =
        newest_first.skip_while(|item| after.is_some_and(|after| id(item).as_deref() != Some(after)));
    if after.is_some() {
        rest.next();
    }
    let data: Vec<Value> = rest.by_ref().take(count).collect();
    let has_more = rest.next().is_some();
    Ok(json!({"object": "list", "data": data, "has_more": has_more, "url": url}))
}

impl Machine {
    pub(super) fn list_intents(&self, params: &Params) -> Result<Value, Refusal> {
        params.only(&["limit", "starting_after"])?;
        page(self.intents.newest_first().map(Intent::json), "/v1/payment_intents", params)
    }

    pub(super) fn list_charges(&self, params: &Params) -> Result<Value, Refusal> {
        params.only(&["limit", "starting_after", "payment_intent", "transfer_group"])?;
        let (intent, group) = (params.text("payment_intent")?, params.text("transfer_group")?);
        let found = self
            .charges
            .newest_first()
            .filter(|charge| intent.is_none_or(|id| charge.intent == id))
            .filter(|charge| group.is_none_or(|group| charge.transfer_group.as_deref() == Some(group)));
        page(found.map(Charge::json), "/v1/charges", params)
    }

    pub(super) fn list_refunds(&self, params: &Params) -> Result<Value, Refusal> {
        params.only(&["limit", "starting_after", "payment_intent", "charge"])?;
        let (intent, charge) = (params.text("payment_intent")?, params.text("charge")?);
        let found = self
            .refunds
            .newest_first()
            .filter(|refund| intent.is_none_or(|id| refund.intent == id))
            .filter(|refund| charge.is_none_or(|id| refund.charge == id));
        page(found.map(Refund::json), "/v1/refunds", params)
    }

    pub(super) fn list_transfers(&self, params: &Params) -> Result<Value, Refusal> {
        params.only(&["limit", "starting_after", "destination", "transfer_group"])?;
        let (to, group) = (params.text("destination")?, params.text("transfer_group")?);
        let found = self
            .transfers
            .newest_first()
            .filter(|one| to.is_none_or(|id| one.destination == id))
            .filter(|one| group.is_none_or(|group| one.group.as_deref() == Some(group)));
        page(found.map(Transfer::json), "/v1/transfers", params)
    }

    pub(super) fn list_reversals(&self, transfer: &str, params: &Params) -> Result<Value, Refusal> {
        params.only(&["limit", "starting_after"])?;
        let found =
            self.transfers.get(transfer).ok_or_else(|| Refusal::missing("transfer", "id", transfer))?;
        page(found.reversals_newest_first(), &format!("/v1/transfers/{transfer}/reversals"), params)
    }

    pub(super) fn list_disputes(&self, params: &Params) -> Result<Value, Refusal> {
        params.only(&["limit", "starting_after", "payment_intent", "charge"])?;
        let (intent, charge) = (params.text("payment_intent")?, params.text("charge")?);
        let found = self
            .disputes
            .newest_first()
            .filter(|dispute| intent.is_none_or(|id| dispute.intent == id))
            .filter(|dispute| charge.is_none_or(|id| dispute.charge == id));
        page(found.map(|dispute| self.dispute_json(dispute)), "/v1/disputes", params)
    }

    pub(super) fn list_payouts(&self, params: &Params, account: Option<&str>) -> Result<Value, Refusal> {
        params.only(&["limit", "starting_after"])?;
        let found = self.payouts.newest_first().filter(|payout| account == Some(payout.account.as_str()));
        page(found.map(Payout::json), "/v1/payouts", params)
    }

    pub(super) fn list_movements(&self, params: &Params) -> Result<Value, Refusal> {
        params.only(&["limit", "starting_after", "source", "type"])?;
        let (source, kind) = (params.text("source")?, params.text("type")?);
        let found = self
            .movements
            .newest_first()
            .filter(|moved| source.is_none_or(|id| moved.is_from(id)))
            .filter(|moved| kind.is_none_or(|word| moved.is(word)));
        page(found.map(BalanceTransaction::json), "/v1/balance_transactions", params)
    }

    pub(super) fn list_events(&self, params: &Params) -> Result<Value, Refusal> {
        params.only(&["limit", "starting_after", "type"])?;
        let wanted = params.text("type")?;
        let found = self
            .events()
            .into_iter()
            .rev()
            .filter(|event| wanted.is_none_or(|t| event.get("type").and_then(Value::as_str) == Some(t)));
        page(found, "/v1/events", params)
    }

    pub(super) fn retrieve_event(&self, id: &str, params: &Params) -> Result<Value, Refusal> {
        params.only(&[])?;
        let named = |event: &Value| event.get("id").and_then(Value::as_str) == Some(id);
        self.events().into_iter().find(named).ok_or_else(|| Refusal::missing("event", "id", id))
    }
}
