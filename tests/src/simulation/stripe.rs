use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use payments::{
    Cause, Connect, ConnectedAccount, Dispute, Funds, Intent, IntentId, NewAccount, NewIntent, NewOnboarding,
    NewRefund, NewReversal, NewTransfer, Onboarding, Payout, Refund, Reversal, Stripe, StripeError, Takings,
    Transfer, Transfers,
};
use stripe_fake::{Faults, InProcessStripe};

use super::{chaos::Chaos, matrix::Kind};

/// Stripe behind the chaos: a call fails before or after it took effect, or is one too many.
pub(super) struct FarStripe {
    stripe: InProcessStripe,
    chaos: Arc<Chaos>,
}

impl FarStripe {
    pub(super) fn new(stripe: InProcessStripe, chaos: Arc<Chaos>) -> Self {
        Self { stripe, chaos }
    }

    async fn call<T>(
        &self,
        name: &'static str,
        kinds: &[Kind],
        act: impl Future<Output = Result<T, StripeError>>,
    ) -> Result<T, StripeError> {
        let fault = self.chaos.pass(name, "", kinds, OFTEN).await;
        if self.chaos.weather().stripe_down {
            return Err(StripeError::Unavailable(Cause::Timeout));
        }
        match fault {
            Some(Kind::KeptBefore) => self.stripe.machine().set_faults(Faults {
                fail_next: 1,
                status: Some(500),
                ..Faults::default()
            }),
            Some(Kind::KeptAfter) => {
                self.stripe.machine().set_faults(Faults { fail_after_commit: 1, ..Faults::default() })
            }
            _ => {}
        }
        match fault {
            Some(Kind::Before) => Err(StripeError::Unavailable(Cause::Timeout)),
            Some(Kind::Refused) => Err(StripeError::Unavailable(Cause::Status(429))),
            Some(Kind::After) => {
                // It happened, whatever it was; nobody hears of it.
                let _lost = act.await;
                Err(StripeError::Unavailable(Cause::Timeout))
            }
            _ => act.await,
        }
    }
}

/// Calls of Stripe are few beside those of the table.
const OFTEN: u64 = 6;

const READ: [Kind; 3] = [Kind::Before, Kind::Refused, Kind::Stop];
const WRITE: [Kind; 4] = [Kind::Before, Kind::After, Kind::Refused, Kind::Stop];
/// Of calls under a key.
const KEYED: [Kind; 6] =
    [Kind::Before, Kind::After, Kind::Refused, Kind::Stop, Kind::KeptBefore, Kind::KeptAfter];

#[async_trait]
impl Stripe for FarStripe {
    async fn create_intent(&self, intent: NewIntent) -> Result<Intent, StripeError> {
        self.call("stripe.create_intent", &KEYED, self.stripe.create_intent(intent)).await
    }

    async fn intent(&self, id: &IntentId) -> Result<Intent, StripeError> {
        self.call("stripe.intent", &READ, self.stripe.intent(id)).await
    }

    async fn cancel_intent(&self, id: &IntentId) -> Result<Intent, StripeError> {
        self.call("stripe.cancel_intent", &WRITE, self.stripe.cancel_intent(id)).await
    }

    async fn refund(&self, refund: NewRefund) -> Result<Refund, StripeError> {
        self.call("stripe.refund", &KEYED, self.stripe.refund(refund)).await
    }

    async fn refunds(&self, intent: &IntentId) -> Result<Vec<Refund>, StripeError> {
        self.call("stripe.refunds", &READ, self.stripe.refunds(intent)).await
    }
}

#[async_trait]
impl Transfers for FarStripe {
    async fn transfer(&self, transfer: NewTransfer) -> Result<Transfer, StripeError> {
        self.call("stripe.transfer", &KEYED, self.stripe.transfer(transfer)).await
    }

    async fn reverse(&self, reversal: NewReversal) -> Result<Reversal, StripeError> {
        self.call("stripe.reverse", &KEYED, self.stripe.reverse(reversal)).await
    }

    async fn transfers(&self, group: &str) -> Result<Vec<Transfer>, StripeError> {
        self.call("stripe.transfers", &READ, self.stripe.transfers(group)).await
    }

    async fn reversals(&self, transfer: &str) -> Result<Vec<Reversal>, StripeError> {
        self.call("stripe.reversals", &READ, self.stripe.reversals(transfer)).await
    }

    async fn funds(&self, account: &str) -> Result<BTreeMap<String, Funds>, StripeError> {
        self.call("stripe.funds", &READ, self.stripe.funds(account)).await
    }

    async fn balance(&self) -> Result<BTreeMap<String, i64>, StripeError> {
        self.call("stripe.balance", &READ, self.stripe.balance()).await
    }

    async fn takings(&self, charge: &str) -> Result<Option<Takings>, StripeError> {
        self.call("stripe.takings", &READ, self.stripe.takings(charge)).await
    }

    async fn disputes(&self, intent: &IntentId) -> Result<Vec<Dispute>, StripeError> {
        self.call("stripe.disputes", &READ, self.stripe.disputes(intent)).await
    }
}

#[async_trait]
impl Connect for FarStripe {
    async fn create_account(&self, account: NewAccount) -> Result<ConnectedAccount, StripeError> {
        self.call("stripe.create_account", &KEYED, self.stripe.create_account(account)).await
    }

    async fn account(&self, id: &str) -> Result<ConnectedAccount, StripeError> {
        self.call("stripe.account", &READ, self.stripe.account(id)).await
    }

    async fn onboard(&self, onboarding: NewOnboarding) -> Result<Onboarding, StripeError> {
        self.call("stripe.onboard", &WRITE, self.stripe.onboard(onboarding)).await
    }

    async fn payouts(
        &self,
        account: &str,
        limit: u32,
        after: Option<&str>,
    ) -> Result<(Vec<Payout>, bool), StripeError> {
        self.call("stripe.payouts", &READ, self.stripe.payouts(account, limit, after)).await
    }
}
