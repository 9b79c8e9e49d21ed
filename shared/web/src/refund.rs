//! Refunds: asked for in one shape by vendors and by the platform, and told in one shape to everybody.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    LineId, Money, OrderId, ShipmentId, Tenant, Timestamp, VendorId,
    order::{Order, RefundAsked, RefundError, RefundRequest},
    text::Text,
};
use platform::Ids;
use serde::{Deserialize, Serialize};
use store::{Store, idempotency::Scope};
use utoipa::ToSchema;

use crate::{ApiError, Result, idempotent::made};

/// The most lines, and the most parcels, of one refund.
const MOST: usize = 100;
/// How often one that meets another change of its order is decided anew.
const TURNS: usize = 8;

/// What is to go back: units of lines at what they were sold for, and what was taken for sending; or all that is left.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundAsk {
    #[serde(default)]
    #[schema(max_items = 100)]
    pub lines: Vec<RefundLine>,
    #[serde(default)]
    #[schema(max_items = 100)]
    pub shipping: Vec<RefundShipping>,
    /// All that is left of what may be refunded by who asks; then nothing else is named.
    #[serde(default)]
    pub full: bool,
    /// For the books, and for the buyer.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub reason: Option<Text<200>>,
}

/// Units of a line.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundLine {
    pub id: LineId,
    #[schema(minimum = 1, maximum = 999)]
    pub quantity: u32,
}

/// A part of what was taken for sending a parcel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundShipping {
    pub shipment_id: ShipmentId,
    pub amount: Money,
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// It will be given as soon as Stripe takes it.
    Pending,
    /// Stripe has it.
    Succeeded,
    /// The buyer's bank took it by a dispute instead.
    Disputed,
    /// The buyer's bank did not take it. It is given again, as another refund, up to three times; then somebody has to find another way.
    Failed,
}

/// A refund.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct RefundBody {
    pub id: String,
    pub amount: Money,
    pub status: RefundStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Text<200>>,
    pub created_at: Timestamp,
    pub refunded_at: Option<Timestamp>,
}

impl RefundBody {
    pub fn new(order: &Order, refund: &RefundAsked) -> Self {
        let status = if refund.dispute_id.is_some() {
            RefundStatus::Disputed
        } else if refund.failed_at.or(refund.given_up_at).is_some() {
            RefundStatus::Failed
        } else if refund.done_at.is_some() {
            RefundStatus::Succeeded
        } else {
            RefundStatus::Pending
        };
        Self {
            id: refund.id.clone(),
            amount: order.money(refund.amount),
            status,
            reason: refund.reason.clone(),
            created_at: refund.asked_at,
            refunded_at: refund.done_at,
        }
    }
}

impl RefundAsk {
    fn request(self, order: &Order, only: Option<VendorId>) -> Result<RefundRequest> {
        let named = self.lines.len().max(self.shipping.len());
        if self.full {
            if named > 0 {
                return Err(ApiError::invalid("full", "All of it leaves nothing to name."));
            }
            return Ok(RefundRequest { reason: self.reason, ..order.all_that_is_left(only) });
        }
        if named > MOST {
            return Err(ApiError::invalid("lines", "A refund has at most 100 lines and 100 parcels."));
        }
        if self.lines.iter().any(|line| !(1..=999).contains(&line.quantity)) {
            return Err(ApiError::invalid("lines", "Quantities go from 1 to 999."));
        }
        let wrong = |part: &RefundShipping| part.amount.currency != order.currency || part.amount.amount < 1;
        if self.shipping.iter().any(wrong) {
            return Err(ApiError::invalid("shipping", "An amount above zero in the order's currency."));
        }
        let lines: BTreeSet<_> = self.lines.iter().map(|line| line.id).collect();
        let parcels: BTreeSet<_> = self.shipping.iter().map(|part| part.shipment_id).collect();
        if lines.len() < self.lines.len() || parcels.len() < self.shipping.len() {
            return Err(ApiError::invalid("lines", "Each line and each parcel is named once."));
        }
        Ok(RefundRequest {
            lines: self.lines.iter().map(|line| (line.id, line.quantity)).collect(),
            shipping: self
                .shipping
                .iter()
                .map(|part| (part.shipment_id, part.amount.amount))
                .collect::<BTreeMap<_, _>>(),
            reason: self.reason,
        })
    }
}

/// Asks for a refund of an order, of `only`'s part alone where that is a vendor; what is asked for is given by whoever follows the order's events.
pub async fn refund(
    (store, ids): (&Store, &Ids),
    (channel, id): (&Tenant, OrderId),
    only: Option<VendorId>,
    ask: RefundAsk,
    once: Option<&Scope>,
) -> Result<RefundBody> {
    let mut order = store::order::get(store, channel, id).await?;
    let request = ask.request(&order, only)?;
    for _ in 0..TURNS {
        let asked = order.refunding(&request, only, ids.next(), store.now()).map_err(refusal)?;
        let told = asked.order.refunds.last().map(|refund| RefundBody::new(&asked.order, refund));
        match store::order::save_posting_once(store, &order, &asked.order, &asked.ledger, once).await {
            Ok(()) => return told.ok_or_else(ApiError::internal),
            // By a call that was stopped after its work.
            Err(store::Error::MadeBefore(made_before)) => {
                let (order, id) =
                    (store::order::get(store, channel, id).await?, made::<String>(&made_before)?);
                let found = order.refunds.iter().find(|refund| refund.id == id);
                return found.map(|refund| RefundBody::new(&order, refund)).ok_or_else(ApiError::internal);
            }
            Err(store::Error::VersionConflict) => order = store::order::get(store, channel, id).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(store::Error::VersionConflict.into())
}

fn refusal(error: RefundError) -> ApiError {
    let message = format!("{error}.");
    match error {
        RefundError::NotConfirmed => ApiError::conflict("not_refundable", message),
        RefundError::Disputed => ApiError::conflict("payment_disputed", message),
        RefundError::Nothing | RefundError::NotOfTheOrder => ApiError::invalid("lines", message),
        RefundError::Units { left, .. } => {
            ApiError::conflict("refund_too_large", message).available(left.into())
        }
        RefundError::Shipping { left, .. } => ApiError::conflict("refund_too_large", message).available(left),
        RefundError::TooOften => ApiError::conflict("too_many_refunds", message),
        RefundError::Ledger(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a refund can't be posted");
            ApiError::internal()
        }
    }
}
