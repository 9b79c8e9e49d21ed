//! How a vendor is paid: its account at Stripe, and how far that has come (000, 1.3).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Timestamp, country::Country};

/// Where Stripe lets a platform in Europe transfer to. Source: <https://docs.stripe.com/connect/separate-charges-and-transfers>.
const REGION: &str =
    "AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK";

/// Whether vendors of a country can be paid.
pub fn is_payable(country: Country) -> bool {
    REGION.split(' ').any(|code| code == country.code())
}

/// How far a vendor's account has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayoutsStatus {
    /// It has none.
    #[default]
    NeedsSetup,
    /// Its owner has not told Stripe all that it has to know.
    Incomplete,
    /// It is paid.
    Ready,
    /// Its owner has told all, and Stripe does not pay it for now.
    Restricted,
}

/// A vendor's account at Stripe, as it was last heard of. Its attributes lie at the top of the vendor's item, so that a webhook writes them in one update.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payouts {
    /// Stripe's id, `acct_…`.
    #[serde(rename = "stripe_account", default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    #[serde(rename = "payouts_status", default)]
    pub status: PayoutsStatus,
    /// What Stripe wants to know, in its words.
    #[serde(rename = "payouts_wanted", default, skip_serializing_if = "Vec::is_empty")]
    pub wanted: Vec<String>,
    /// Why Stripe does not pay it, in its words.
    #[serde(rename = "payouts_held_back", default, skip_serializing_if = "Option::is_none")]
    pub held_back: Option<String>,
    /// When that was so at Stripe, Unix milliseconds: webhooks come in any order, and what is older is no news.
    #[serde(rename = "payouts_reported_ms", default, skip_serializing_if = "Option::is_none")]
    pub reported_ms: Option<i64>,
}

/// What Stripe says of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountReport {
    pub account_id: String,
    pub takes_transfers: bool,
    /// Whether its owner has been through Stripe's form.
    pub details_submitted: bool,
    pub wanted: Vec<String>,
    pub held_back: Option<String>,
    pub at: Timestamp,
}

impl PayoutsStatus {
    pub const ALL: [Self; 4] = [Self::NeedsSetup, Self::Incomplete, Self::Ready, Self::Restricted];
}

impl Payouts {
    /// Whether it takes money: a vendor that does not can fill its shop, and not sell.
    pub fn accepts_payments(&self) -> bool {
        self.status == PayoutsStatus::Ready
    }
}

impl From<AccountReport> for Payouts {
    fn from(report: AccountReport) -> Self {
        let status = match (report.takes_transfers, report.details_submitted) {
            (true, _) => PayoutsStatus::Ready,
            (false, true) => PayoutsStatus::Restricted,
            (false, false) => PayoutsStatus::Incomplete,
        };
        Self {
            account_id: Some(report.account_id),
            status,
            wanted: report.wanted,
            held_back: report.held_back,
            reported_ms: Some(report.at.ms()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_ready_when_it_takes_transfers_and_restricted_when_it_did() {
        let told = |takes_transfers, details_submitted| {
            let report = AccountReport {
                account_id: "acct_1".to_owned(),
                takes_transfers,
                details_submitted,
                wanted: vec!["external_account".to_owned()],
                held_back: None,
                at: Timestamp::from_ms(7),
            };
            Payouts::from(report)
        };
        assert_eq!(told(true, true).status, PayoutsStatus::Ready);
        assert_eq!(told(false, true).status, PayoutsStatus::Restricted);
        assert_eq!(told(false, false).status, PayoutsStatus::Incomplete);
        assert_eq!(told(true, true).reported_ms, Some(7));
        assert_eq!(Payouts::default().status, PayoutsStatus::NeedsSetup);
    }

    #[test]
    fn vendors_elsewhere_cannot_be_paid() {
        let payable = |code: &str| is_payable(code.parse().unwrap());
        assert!(payable("LU") && payable("CH") && payable("GB"));
        assert!(!payable("US") && !payable("JP"));
    }
}
