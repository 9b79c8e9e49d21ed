//! The comparison of a vendor's account.

use super::{Difference, DifferenceKind};
use crate::vendor::{Vendor, VendorStatus};

/// What differs between how a vendor's account stands at Stripe and what we have heard of it. `there` is whether Stripe transfers to it; none where Stripe does
/// not know it.
pub fn of_account(vendor: &Vendor, there: Option<bool>) -> Option<Difference> {
    let account = vendor.payouts.account_id.as_ref()?;
    let here = vendor.payouts.accepts_payments();
    let word = |paid: bool| if paid { "is paid" } else { "is not paid" };
    let (kind, expected, found) = match there {
        Some(there) if there == here => return None,
        Some(there) => (DifferenceKind::AccountStanding, word(there).to_owned(), word(here).to_owned()),
        // Nobody is paid there any more.
        None if vendor.status == VendorStatus::Closed => return None,
        None => (DifferenceKind::AccountGone, account.clone(), "nothing".to_owned()),
    };
    Some(Difference { kind, about: vendor.id.to_string(), expected, found })
}
