//! Connected accounts: the vendors' own, with what Stripe still wants to know of them, their balances and payouts.
//! Sources: <https://docs.stripe.com/api/accounts>, <https://docs.stripe.com/api/account_links>, <https://docs.stripe.com/api/payouts>.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::events::Target;
use super::funds::Balance;
use super::{Call, Machine, Params, Refusal};

/// Where the platform may transfer to from Europe. Source: <https://docs.stripe.com/connect/separate-charges-and-transfers>.
const REGION: [&str; 33] = [
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GI", "GR", "HR", "HU",
    "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// How far an account has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Its owner has not told all that Stripe has to know.
    Incomplete,
    /// It can be paid.
    Ready,
    /// It could be paid, and Stripe wants to know more first.
    Restricted,
}

#[derive(Clone)]
pub(super) struct Account {
    id: String,
    country: String,
    email: Option<String>,
    created: i64,
    metadata: BTreeMap<String, String>,
    standing: Standing,
    pub(super) balance: Balance,
    /// What is on its way to its balance.
    pub(super) pending: Balance,
}

impl Account {
    /// Whether it may be transferred to as it stands.
    pub(super) fn takes_transfers(&self) -> bool {
        self.standing == Standing::Ready
    }

    /// Whether the platform's region lets it be transferred to at all.
    pub(super) fn is_in_region(&self) -> bool {
        REGION.contains(&self.country.as_str())
    }

    pub(super) fn json(&self) -> Value {
        let ready = self.standing == Standing::Ready;
        let wanted: &[&str] = match self.standing {
            Standing::Incomplete => &["business_type", "external_account", "tos_acceptance.date"],
            Standing::Ready => &[],
            Standing::Restricted => &["individual.verification.document"],
        };
        let past: &[&str] = if self.standing == Standing::Restricted { wanted } else { &[] };
        let reason = (!ready).then_some("requirements.past_due");
        let currency = match self.country.as_str() {
            "GB" => "gbp",
            "CH" => "chf",
            "JP" => "jpy",
            "US" => "usd",
            _ => "eur",
        };
        json!({
            "id": self.id, "object": "account", "business_profile": null, "business_type": null,
            "capabilities": {"transfers": if ready { "active" } else { "inactive" }}, "charges_enabled": ready,
            "controller": {"type": "application", "is_controller": true, "fees": {"payer": "application_express"}, "losses": {"payments": "application"},
                "requirement_collection": "stripe", "stripe_dashboard": {"type": "express"}},
            "country": self.country, "created": self.created, "default_currency": currency,
            "details_submitted": self.standing != Standing::Incomplete, "email": self.email,
            "external_accounts": {"object": "list", "data": [], "has_more": false, "total_count": 0, "url": format!("/v1/accounts/{}/external_accounts", self.id)},
            "future_requirements": {"alternatives": [], "current_deadline": null, "currently_due": [], "disabled_reason": null, "errors": [], "eventually_due": [], "past_due": [], "pending_verification": []},
            "metadata": self.metadata, "payouts_enabled": ready,
            "requirements": {"alternatives": [], "current_deadline": null, "currently_due": wanted, "disabled_reason": reason, "errors": [],
                "eventually_due": wanted, "past_due": past, "pending_verification": []},
            "tos_acceptance": {"date": null, "ip": null, "user_agent": null}, "type": "express",
        })
    }
}

/// Money that went from an account's balance to its bank.
#[derive(Clone)]
pub(super) struct Payout {
    id: String,
    pub(super) account: String,
    amount: i64,
    currency: String,
    created: i64,
}

impl Payout {
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "payout", "amount": self.amount, "application_fee": null, "application_fee_amount": null,
            "arrival_date": self.created, "automatic": true, "balance_transaction": null, "created": self.created, "currency": self.currency,
            "description": "STRIPE PAYOUT", "destination": "ba_1", "failure_balance_transaction": null, "failure_code": null, "failure_message": null,
            "livemode": false, "metadata": {}, "method": "standard", "original_payout": null, "payout_method": null, "reconciliation_status": "completed",
            "reversed_by": null, "source_type": "card", "statement_descriptor": null, "status": "paid", "trace_id": null, "type": "bank_account",
        })
    }
}

impl Machine {
    pub(super) fn account(&self, id: &str) -> Result<&Account, Refusal> {
        self.accounts.get(id).ok_or_else(|| Refusal::missing("account", "account", id))
    }

    pub(super) fn create_account(&mut self, params: &Params, call: &Call) -> Result<Value, Refusal> {
        params.only(&["capabilities", "country", "email", "metadata", "type"])?;
        match params.text("type")? {
            Some("express") => {}
            other => {
                return Err(Refusal::plain("type", format!("Invalid type: {}", other.unwrap_or("none"))));
            }
        }
        if let Some(capabilities) = params.group("capabilities")? {
            capabilities.only(&["transfers"])?;
            let transfers = capabilities.group("transfers")?;
            transfers.map(|wanted| wanted.only(&["requested"])).transpose()?;
        }
        let country = params.required("country")?.to_owned();
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(Refusal::plain("country", format!("Country '{country}' is unknown.")));
        }
        let account = Account {
            id: self.ids.next("acct_1"),
            country,
            email: params.text("email")?.map(str::to_owned),
            created: call.now(),
            metadata: params.metadata()?,
            standing: Standing::Incomplete,
            balance: Balance::new(),
            pending: Balance::new(),
        };
        let body = account.json();
        self.accounts.add(&account.id.clone(), account);
        Ok(body)
    }

    pub(super) fn retrieve_account(&self, id: &str, params: &Params) -> Result<Value, Refusal> {
        params.only(&[])?;
        Ok(self.account(id)?.json())
    }

    pub(super) fn create_account_link(&mut self, params: &Params, call: &Call) -> Result<Value, Refusal> {
        params.only(&["account", "collect", "refresh_url", "return_url", "type"])?;
        let account = self.account(params.required("account")?)?.id.clone();
        let kind = params.required("type")?;
        if !["account_onboarding", "account_update"].contains(&kind) {
            return Err(Refusal::plain("type", format!("Invalid type: {kind}")));
        }
        for url in ["refresh_url", "return_url"] {
            if !params.required(url)?.starts_with("http") {
                return Err(Refusal::invalid("url_invalid", url, "Not a valid URL"));
            }
        }
        let url = format!("https://connect.stripe.com/setup/e/{account}/{}", self.ids.next(""));
        Ok(
            json!({"object": "account_link", "created": call.now(), "expires_at": call.now() + 300, "url": url}),
        )
    }

    /// Plays the vendor or Stripe: all that has to be known of an account is known, or no longer.
    pub(super) fn judge(&mut self, id: &str, ready: bool, call: &Call) -> Result<Value, Refusal> {
        let account = self.accounts.get_mut(id).ok_or_else(|| Refusal::missing("account", "account", id))?;
        account.standing = if ready { Standing::Ready } else { Standing::Restricted };
        let body = account.json();
        self.emit_to(Target::Connect, "account.updated", id, &body, call);
        Ok(body)
    }

    /// Plays Stripe's schedule: what lies in an account has yet to come, or what had to come is there.
    pub(super) fn hold_back_funds(&mut self, id: &str, back: bool) -> Result<Value, Refusal> {
        let account = self.accounts.get_mut(id).ok_or_else(|| Refusal::missing("account", "account", id))?;
        let (from, to) = match back {
            true => (&mut account.balance, &mut account.pending),
            false => (&mut account.pending, &mut account.balance),
        };
        for (currency, amount) in std::mem::take(from) {
            *to.entry(currency).or_default() += amount;
        }
        Ok(Value::Null)
    }

    /// Plays Stripe's schedule: what lies in an account goes to its bank.
    pub(super) fn pay_out_account(&mut self, id: &str, call: &Call) -> Result<Vec<Value>, Refusal> {
        let account = self.accounts.get_mut(id).ok_or_else(|| Refusal::missing("account", "account", id))?;
        let funds: Vec<(String, i64)> =
            account.balance.iter().filter(|(_, amount)| **amount > 0).map(|(c, a)| (c.clone(), *a)).collect();
        account.balance.retain(|_, amount| *amount <= 0);
        let mut paid = Vec::new();
        for (currency, amount) in funds {
            let payout = Payout {
                id: self.ids.next("po_1"),
                account: id.to_owned(),
                amount,
                currency,
                created: call.now(),
            };
            let body = payout.json();
            self.payouts.add(&payout.id.clone(), payout);
            self.emit_to(Target::Connect, "payout.paid", id, &body, call);
            paid.push(body);
        }
        Ok(paid)
    }
}
