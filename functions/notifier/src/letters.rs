//! What each event has to tell, and to whom.

pub(crate) mod admin_invited;
pub(crate) mod customer_welcome;
pub(crate) mod import_completed;
pub(crate) mod order;
pub(crate) mod payment_disputed;
pub(crate) mod stock_low;
pub(crate) mod vendor_welcome;

use std::collections::BTreeMap;

use domain::{Tenant, account::AccountStatus};
use events::EventType;
use platform::batch::Failure;
use store::{invitation, vendor};

use crate::{Deps, handle::of_store};

/// The events that ask for a mail; template.yaml's rule lets these through.
pub(crate) const ASKED_FOR: [EventType; 11] = [
    EventType::AdminInvited,
    EventType::CustomerRegistered,
    EventType::ImportCompleted,
    EventType::OrderCancelled,
    EventType::OrderConfirmed,
    EventType::PaymentDisputeLost,
    EventType::PaymentDisputeWon,
    EventType::PaymentDisputed,
    EventType::PaymentRefunded,
    EventType::StockLow,
    EventType::VendorCreated,
];

/// For how many days an invitation can be taken up.
const INVITATION_DAYS: u64 = invitation::LIFETIME.as_secs() / 86_400;

/// A channel as a customer knows it: its name, and the address of its pages.
struct Place {
    name: String,
    url: String,
}

async fn place(deps: &Deps, channel: Tenant) -> Result<Place, Failure> {
    match channel {
        Tenant::Platform => {
            Ok(Place { name: "souk".to_owned(), url: format!("{}/market", deps.storefront_url) })
        }
        Tenant::Vendor(id) => {
            let shop = vendor::get(&deps.store, id).await.map_err(of_store)?;
            let url = format!("{}/vendors/{}", deps.storefront_url, shop.slug);
            Ok(Place { name: shop.name.to_string(), url })
        }
    }
}

/// What sets a variant apart, as a person reads it: `size: L, colour: red`.
fn options(options: &BTreeMap<String, String>) -> String {
    options.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
}

/// Makes an invitation and answers the link that takes it up; nothing where the account is active already.
async fn invitation_link(
    deps: &Deps,
    status: AccountStatus,
    invited: invitation::Invited,
) -> Result<Option<String>, Failure> {
    if status != AccountStatus::Invited {
        return Ok(None);
    }
    let token = deps.ids.token();
    invitation::create(&deps.store, &token, invited).await.map_err(of_store)?;
    let page = match invited {
        invitation::Invited::Staff { .. } => "activate",
        invitation::Invited::Admin { .. } => "admin/activate",
    };
    Ok(Some(format!("{}/{page}?token={}", deps.console_url, token.reveal())))
}
