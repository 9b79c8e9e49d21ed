use async_trait::async_trait;
use stripe_client_core::StripeRequest;
use stripe_connect::account::{
    CreateAccount, CreateAccountCapabilities, CreateAccountCapabilitiesTransfers, CreateAccountType,
    RetrieveAccount,
};
use stripe_connect::account_link::{CreateAccountLink, CreateAccountLinkType};
use stripe_core::payout::ListPayout;

use super::{LiveStripe, convert, deadline, hashed, keyed};
use crate::{Connect, ConnectedAccount, NewAccount, NewOnboarding, Onboarding, Payout, StripeError};

#[async_trait]
impl Connect for LiveStripe {
    async fn create_account(&self, new: NewAccount) -> Result<ConnectedAccount, StripeError> {
        let once = keyed(&new.key)?;
        let transfers = CreateAccountCapabilitiesTransfers { requested: Some(true) };
        let capabilities =
            CreateAccountCapabilities { transfers: Some(transfers), ..CreateAccountCapabilities::new() };
        let request = CreateAccount::new()
            .type_(CreateAccountType::Express)
            .country(new.country)
            .email(new.email)
            .capabilities(capabilities)
            .metadata(hashed(new.metadata));
        let made = self
            .call(deadline(), || request.customize().request_strategy(once.clone()).send(&self.client))
            .await?;
        Ok(made.into())
    }

    async fn account(&self, id: &str) -> Result<ConnectedAccount, StripeError> {
        let request = RetrieveAccount::new(id);
        let found = self.call(deadline(), || request.customize().send(&self.client)).await?;
        Ok(found.into())
    }

    async fn onboard(&self, new: NewOnboarding) -> Result<Onboarding, StripeError> {
        let request = CreateAccountLink::new(new.account, CreateAccountLinkType::AccountOnboarding)
            .refresh_url(new.refresh_url)
            .return_url(new.return_url);
        let made = self.call(deadline(), || request.customize().send(&self.client)).await?;
        Ok(Onboarding { url: made.url, expires_at: made.expires_at })
    }

    async fn payouts(
        &self,
        account: &str,
        limit: u32,
        after: Option<&str>,
    ) -> Result<(Vec<Payout>, bool), StripeError> {
        let mut request = ListPayout::new().limit(limit);
        if let Some(after) = after {
            request = request.starting_after(after);
        }
        let found = self
            .call(deadline(), || request.customize().account_id(account.into()).send(&self.client))
            .await?;
        Ok((found.data.into_iter().map(convert::payout).collect(), found.has_more))
    }
}
