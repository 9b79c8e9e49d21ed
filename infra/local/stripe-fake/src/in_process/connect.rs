use async_trait::async_trait;
use payments::{Connect, ConnectedAccount, NewAccount, NewOnboarding, Onboarding, Payout, StripeError};
use serde_json::Value;

use super::{InProcessStripe, list, number, text, texts, unreadable};
use crate::machine::Params;

#[async_trait]
impl Connect for InProcessStripe {
    async fn create_account(&self, new: NewAccount) -> Result<ConnectedAccount, StripeError> {
        let params = Params::default()
            .with("type", "express")
            .with("country", new.country)
            .with("email", new.email)
            .with_path(&["capabilities", "transfers", "requested"], "true")
            .with_group("metadata", new.metadata);
        account(&self.post("/v1/accounts", params, Some(new.key))?)
    }

    async fn account(&self, id: &str) -> Result<ConnectedAccount, StripeError> {
        account(&self.get(&format!("/v1/accounts/{id}"), Params::default())?)
    }

    async fn onboard(&self, new: NewOnboarding) -> Result<Onboarding, StripeError> {
        let params = Params::default()
            .with("account", new.account)
            .with("type", "account_onboarding")
            .with("refresh_url", new.refresh_url)
            .with("return_url", new.return_url);
        let made = self.post("/v1/account_links", params, None)?;
        let url = text(&made, "url").ok_or_else(unreadable)?;
        Ok(Onboarding { url, expires_at: number(&made, "expires_at") })
    }

    async fn payouts(
        &self,
        account: &str,
        limit: u32,
        after: Option<&str>,
    ) -> Result<(Vec<Payout>, bool), StripeError> {
        let mut params = Params::default().with("limit", limit.to_string());
        if let Some(after) = after {
            params = params.with("starting_after", after);
        }
        let found = self.get_of(account, "/v1/payouts", params)?;
        let more = found.get("has_more").and_then(Value::as_bool).unwrap_or_default();
        Ok((list(&found, payout)?, more))
    }
}

fn account(body: &Value) -> Result<ConnectedAccount, StripeError> {
    let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or_default();
    let asked = body.get("requirements").ok_or_else(unreadable)?;
    let names = |name: &str| asked.get(name).and_then(Value::as_array).into_iter().flatten();
    let both = names("currently_due").chain(names("past_due"));
    let mut wanted: Vec<String> = both.filter_map(Value::as_str).map(str::to_owned).collect();
    wanted.sort_unstable();
    wanted.dedup();
    Ok(ConnectedAccount {
        id: text(body, "id").ok_or_else(unreadable)?,
        country: text(body, "country"),
        takes_transfers: body.pointer("/capabilities/transfers").and_then(Value::as_str) == Some("active"),
        payouts_enabled: flag("payouts_enabled"),
        details_submitted: flag("details_submitted"),
        wanted,
        disabled_reason: text(asked, "disabled_reason"),
        metadata: body.get("metadata").and_then(Value::as_object).map(texts).unwrap_or_default(),
    })
}

fn payout(body: &Value) -> Result<Payout, StripeError> {
    Ok(Payout {
        id: text(body, "id").ok_or_else(unreadable)?,
        amount: number(body, "amount"),
        currency: text(body, "currency").unwrap_or_default().to_ascii_uppercase(),
        status: text(body, "status").unwrap_or_default(),
        arrival: number(body, "arrival_date"),
        created: number(body, "created"),
    })
}
