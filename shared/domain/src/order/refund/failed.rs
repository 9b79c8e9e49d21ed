//! Refunds that come back from the buyer's bank: their money is owed again, and asked for anew. Source: <https://docs.stripe.com/refunds#failed-refunds>.

use super::RefundAsked;
use crate::{
    LedgerTransactionId, Timestamp,
    ledger::{Kind, Transaction, Unbalanced, entries},
    order::Order,
};

/// How often a refund that fails is asked for.
const TRIES: u32 = 3;
/// Before the number of the try in the id of a refund that was asked for anew; no key at Stripe has it of another meaning.
const TRY: char = '~';

impl RefundAsked {
    /// The same, asked for anew after it has failed: the third time that it does is the last.
    fn anew(&self, now: Timestamp) -> Self {
        let (first, tries) = match self.id.rsplit_once(TRY) {
            Some((first, tries)) => (first, tries.parse().unwrap_or(TRIES)),
            None => (self.id.as_str(), 1_u32),
        };
        let given_up_at = (tries >= TRIES).then_some(now);
        let id = format!("{first}{TRY}{}", tries.saturating_add(1));
        Self { id, asked_at: now, done_at: None, failed_at: None, given_up_at, ..self.clone() }
    }

    /// An amount of it that the buyer's bank has taken instead.
    fn lost(&self, amount: i64, dispute: &str, now: Timestamp) -> Self {
        let id = format!("{}:{dispute}", self.id);
        let (done_at, dispute_id) = (Some(now), Some(dispute.to_owned()));
        Self { id, amount, done_at, dispute_id, given_up_at: None, ..self.clone() }
    }
}

impl Order {
    /// The order when its refunds at Stripe were looked at and these have failed: their money is owed to the buyer again, and asked for anew, for under the
    /// old key Stripe answers what became of the old one. What its bank has taken beyond the sale was this money, and is not owed a second time. What is
    /// posted for that; nothing where none of them was known to be given.
    pub fn refunds_looked_at(
        &self,
        failed: &[String],
        ledger_id: LedgerTransactionId,
        now: Timestamp,
    ) -> Result<(Self, Option<Transaction>), Unbalanced> {
        let version = self.version + 1;
        let mut next = Self { refund_doubted_at: None, updated_at: now, version, ..self.clone() };
        let lost_by = self.disputes.iter().rfind(|one| one.is_lost()).map(|one| &one.id);
        let (mut beyond, mut anew) = (self.lost_beyond_the_sale(), Vec::new());
        let (mut came_back, mut made_good) = (0, 0);
        for refund in next.refunds.iter_mut().filter(|one| one.may_fail() && failed.contains(&one.id)) {
            came_back += if refund.was_given() { refund.amount } else { 0 };
            let again = refund.anew(now);
            let with_the_bank = again.amount.min(beyond);
            if let Some(dispute) = lost_by.filter(|_| with_the_bank > 0) {
                anew.push(again.lost(with_the_bank, dispute, now));
                made_good += with_the_bank;
                beyond -= with_the_bank;
            }
            if with_the_bank < again.amount {
                anew.push(RefundAsked { amount: again.amount - with_the_bank, ..again });
            }
            refund.done_at.get_or_insert(now);
            refund.failed_at = Some(now);
        }
        next.refunds.extend(anew);
        next.refund = next.given();
        let mut posted = entries::repayment_failed(came_back);
        posted.extend(entries::loss_made_good(made_good));
        if posted.is_empty() {
            return Ok((next, None));
        }
        let ledger =
            Transaction::balanced(ledger_id, Kind::RepaymentFailed, self.id, self.currency, posted, now)?;
        Ok((next, Some(ledger)))
    }
}
