//! Stripe's state machine: requests in, answers and events out.
//!
//! **Invariant:** no clock, no randomness, no hash order: one seed, one list of requests and one list of times give one history.

mod accounts;
mod charges;
mod disputes;
mod events;
mod faults;
mod funds;
mod idempotency;
mod ids;
mod intents;
mod lists;
mod params;
mod refunds;
mod refusal;
mod shelf;
mod transfers;

use std::collections::BTreeMap;

use serde_json::Value;

pub use events::{Endpoint, Misbehaviour, Outgoing, Target};
pub use faults::Faults;
pub use params::Params;

use accounts::{Account, Payout};
use charges::Charge;
use disputes::Dispute;
use events::Queue;
use funds::{Balance, BalanceTransaction};
use idempotency::{Keys, Known};
use ids::Ids;
use intents::Intent;
use refunds::Refund;
use refusal::Refusal;
use shelf::Shelf;
use transfers::Transfer;

/// The API version of the objects and events. Source: the one that async-stripe is generated from.
pub const API_VERSION: &str = "2026-09-30.endive";

/// The two methods of the API as far as it is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Changes.
    Post,
}

/// A request to the API, authenticated already.
#[derive(Clone, Debug)]
pub struct Request {
    /// Reads or changes.
    pub method: Method,
    /// From the root: `/v1/payment_intents`.
    pub path: String,
    /// Of the query or the body.
    pub params: Params,
    /// The header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// The header `Stripe-Account`: the connected account in whose name it is asked.
    pub account: Option<String>,
}

/// What a request came to.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The object, or Stripe's error.
    pub body: Value,
    /// The header `Request-Id`.
    pub request_id: String,
    /// Whether this is the first answer to the key, told again.
    pub replayed: bool,
    /// Whether the caller must never see it: it took effect, and the connection timed out.
    pub lost: bool,
}

/// What the operations know of the request that they serve.
struct Call {
    now_ms: i64,
    request_id: String,
    key: Option<String>,
}

impl Call {
    fn now(&self) -> i64 {
        self.now_ms.div_euclid(1000)
    }
}

/// A Stripe account's objects, its idempotency keys and its undelivered events.
pub struct Machine {
    ids: Ids,
    intents: Shelf<Intent>,
    charges: Shelf<Charge>,
    refunds: Shelf<Refund>,
    transfers: Shelf<Transfer>,
    disputes: Shelf<Dispute>,
    accounts: Shelf<Account>,
    payouts: Shelf<Payout>,
    /// The platform's.
    balance: Balance,
    movements: Shelf<BalanceTransaction>,
    keys: Keys,
    queue: Queue,
    faults: Faults,
}

impl Machine {
    /// An empty account, whose ids follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            ids: Ids::new(seed),
            intents: Shelf::default(),
            charges: Shelf::default(),
            refunds: Shelf::default(),
            transfers: Shelf::default(),
            disputes: Shelf::default(),
            accounts: Shelf::default(),
            payouts: Shelf::default(),
            balance: Balance::new(),
            movements: Shelf::default(),
            keys: Keys::default(),
            queue: Queue::new(seed),
            faults: Faults::default(),
        }
    }

    /// Carries a request out at `now_ms` (Unix milliseconds).
    pub fn handle(&mut self, request: &Request, now_ms: i64) -> Answer {
        let key = request.idempotency_key.clone().filter(|_| request.method == Method::Post);
        let call = Call { now_ms, request_id: self.ids.next("req_"), key };
        let answer = |status, body, replayed, lost| Answer {
            status,
            body,
            request_id: call.request_id.clone(),
            replayed,
            lost,
        };
        let failure = self.faults.next_failure();
        // What a gateway answers comes before Stripe looks at anything.
        if let Some(refusal) = failure.map(Refusal::trouble).filter(|refusal| !refusal.kept) {
            return answer(refusal.status, refusal.body(), false, false);
        }
        match self.keys.look_up(request, &call) {
            Err(refusal) => return answer(refusal.status, refusal.body(), false, false),
            Ok(Known::Answered(status, body)) => return answer(status, body, true, false),
            Ok(Known::Nothing) => {}
        }
        let outcome = match failure {
            Some(status) => Err(Refusal::trouble(status)),
            None => self.route(request, &call),
        };
        let changed = outcome.is_ok() && request.method == Method::Post;
        let outcome = match outcome {
            Ok(_) if changed && self.faults.next_breaks() => Err(Refusal::trouble(500)),
            outcome => outcome,
        };
        let (status, body, kept, ran) = match outcome {
            Ok(body) => (200, body, true, true),
            Err(refusal) => {
                let (status, kept) = (refusal.status, refusal.kept);
                (status, refusal.body(), kept, false)
            }
        };
        if kept {
            self.keys.keep(request, &call, status, &body);
        }
        let lost = ran && changed && self.faults.next_is_lost();
        answer(status, body, false, lost)
    }

    fn route(&mut self, request: &Request, call: &Call) -> Result<Value, Refusal> {
        let path = request.path.strip_prefix("/v1/").unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        let params = &request.params;
        match (request.method, parts.as_slice()) {
            (Method::Post, ["payment_intents"]) => self.create_intent(params, call),
            (Method::Get, ["payment_intents"]) => self.list_intents(params),
            (Method::Get, ["payment_intents", id]) => self.retrieve_intent(id, params),
            (Method::Post, ["payment_intents", id, "confirm"]) => self.confirm_intent(id, params, call),
            (Method::Post, ["payment_intents", id, "cancel"]) => self.cancel_intent(id, params, call),
            (Method::Get, ["charges"]) => self.list_charges(params),
            (Method::Get, ["charges", id]) => self.retrieve_charge(id, params),
            (Method::Post, ["refunds"]) => self.create_refund(params, call),
            (Method::Get, ["refunds"]) => self.list_refunds(params),
            (Method::Get, ["refunds", id]) => self.retrieve_refund(id, params),
            (Method::Post, ["accounts"]) => self.create_account(params, call),
            (Method::Get, ["accounts", id]) => self.retrieve_account(id, params),
            (Method::Post, ["account_links"]) => self.create_account_link(params, call),
            (Method::Post, ["transfers"]) => self.create_transfer(params, call),
            (Method::Get, ["transfers"]) => self.list_transfers(params),
            (Method::Get, ["transfers", id]) => self.retrieve_transfer(id, params),
            (Method::Post, ["transfers", id, "reversals"]) => self.create_reversal(id, params, call),
            (Method::Get, ["transfers", id, "reversals"]) => self.list_reversals(id, params),
            (Method::Get, ["disputes"]) => self.list_disputes(params),
            (Method::Get, ["disputes", id]) => self.retrieve_dispute(id, params),
            (Method::Get, ["payouts"]) => self.list_payouts(params, request.account.as_deref()),
            (Method::Get, ["balance"]) => self.retrieve_balance(params, request.account.as_deref()),
            (Method::Get, ["balance_transactions"]) => self.list_movements(params),
            (Method::Get, ["balance_transactions", id]) => self.retrieve_movement(id, params),
            (Method::Get, ["events"]) => self.list_events(params),
            (Method::Get, ["events", id]) => self.retrieve_event(id, params),
            (method, _) => Err(Refusal::unknown_route(&format!("{method:?}").to_uppercase(), &request.path)),
        }
    }

    /// Plays the buyer or the bank: ends an intent that requires action or is processing, well or not.
    ///
    /// Answers the intent, or Stripe's error with its status.
    pub fn finish(&mut self, intent: &str, succeed: bool, now_ms: i64) -> Result<Value, (u16, Value)> {
        self.play(now_ms, |machine, call| machine.finish_intent(intent, succeed, call))
    }

    /// Plays the bank whose yes crossed with our cancelling: the money of an intent arrives, whatever became of that. Answers whether it did now.
    pub fn capture_late(&mut self, intent: &str, now_ms: i64) -> bool {
        let call = Call { now_ms, request_id: self.ids.next("req_"), key: None };
        self.force_capture(intent, &call)
    }

    /// Plays the vendor who tells Stripe all that it has to know (`ready`), or Stripe that wants to know more before it pays.
    pub fn judge_account(&mut self, account: &str, ready: bool, now_ms: i64) -> Result<Value, (u16, Value)> {
        self.play(now_ms, |machine, call| machine.judge(account, ready, call))
    }

    /// Puts money into an account from nowhere, for tests.
    pub fn give(&mut self, account: &str, currency: &str, amount: i64) -> Result<(), (u16, Value)> {
        let missing = || Refusal::missing("account", "account", account);
        let found = self.accounts.get_mut(account).ok_or_else(missing);
        let found = found.map_err(|refusal| (refusal.status, refusal.body()))?;
        *found.balance.entry(currency.to_owned()).or_default() += amount;
        Ok(())
    }

    /// Plays Stripe's schedule: what lies in an account has yet to come, or what had to come is there.
    pub fn hold_back(&mut self, account: &str, back: bool, now_ms: i64) -> Result<Value, (u16, Value)> {
        self.play(now_ms, |machine, _| machine.hold_back_funds(account, back))
    }

    /// Plays Stripe's schedule: what lies in an account goes to its bank.
    pub fn pay_out(&mut self, account: &str, now_ms: i64) -> Result<Value, (u16, Value)> {
        self.play(now_ms, |machine, call| machine.pay_out_account(account, call).map(Value::from))
    }

    /// Plays somebody who changes an intent behind the platform's back.
    pub fn change_intent(&mut self, id: &str, amount: i64, currency: &str) {
        if let Some(intent) = self.intents.get_mut(id) {
            intent.ask_for(amount, currency);
        }
    }

    /// Plays the buyer's bank: a refund is not taken, and comes back.
    pub fn bounce_refund(&mut self, refund: &str, now_ms: i64) -> Result<Value, (u16, Value)> {
        self.play(now_ms, |machine, call| machine.bounce(refund, call))
    }

    /// Plays the buyer's bank: what is left of a charge is taken back.
    pub fn dispute(&mut self, charge: &str, now_ms: i64) -> Result<Value, (u16, Value)> {
        self.play(now_ms, |machine, call| machine.open_dispute(charge, call))
    }

    /// Plays the buyer's bank: a dispute is won by the platform, or lost.
    pub fn decide_dispute(&mut self, dispute: &str, won: bool, now_ms: i64) -> Result<Value, (u16, Value)> {
        self.play(now_ms, |machine, call| machine.close_dispute(dispute, won, call))
    }

    fn play(
        &mut self,
        now_ms: i64,
        part: impl FnOnce(&mut Self, &Call) -> Result<Value, Refusal>,
    ) -> Result<Value, (u16, Value)> {
        let call = Call { now_ms, request_id: self.ids.next("req_"), key: None };
        part(self, &call).map_err(|refusal| (refusal.status, refusal.body()))
    }

    /// What a request without a valid key is answered.
    pub fn unauthorized(&mut self, message: &str) -> Answer {
        let refusal = Refusal::unauthorized(message);
        Answer {
            status: refusal.status,
            body: refusal.body(),
            request_id: self.ids.next("req_"),
            replayed: false,
            lost: false,
        }
    }

    /// Sets what goes wrong with requests.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// What still goes wrong with requests.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// All intents as Stripe shows them, oldest first.
    pub fn intents(&self) -> Vec<Value> {
        self.intents.oldest_first().map(Intent::json).collect()
    }

    /// All refunds as Stripe shows them, oldest first.
    pub fn refunds(&self) -> Vec<Value> {
        self.refunds.oldest_first().map(Refund::json).collect()
    }

    /// The platform's balance, in minor units by currency (ISO 4217, lower case).
    pub fn balance(&self) -> BTreeMap<String, i64> {
        self.balance.clone().into_iter().collect()
    }

    /// All transfers as Stripe shows them, oldest first.
    pub fn transfers(&self) -> Vec<Value> {
        self.transfers.oldest_first().map(Transfer::json).collect()
    }
}
