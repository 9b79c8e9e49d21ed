use domain::{Tenant, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An event on the bus, `detail` of its entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// `evt_` and 32 hexadecimal digits; the same for a repeat.
    pub id: String,
    #[serde(rename = "type")]
    pub kind: EventType,
    /// Of the payload's shape.
    pub version: u32,
    pub tenant: Tenant,
    pub occurred_at: Timestamp,
    /// The request that began it all, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// Who made the change, where it is known: a principal's id, or a function's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    pub data: Value,
}

macro_rules! event_types {
    ($($name:ident $text:literal,)*) => {
        /// What happened, in the past tense.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum EventType {
            $(#[serde(rename = $text)] $name,)*
        }

        impl EventType {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The bus's `detail-type`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

event_types! {
    AccountCreated "account.created",
    AdminInvited "admin.invited",
    CartAbandoned "cart.abandoned",
    CartCheckoutInitiated "cart.checkout_initiated",
    CartCreated "cart.created",
    CartItemAdded "cart.item_added",
    CustomerRegistered "customer.registered",
    ImportCompleted "import.completed",
    MediaReady "media.ready",
    MediaRejected "media.rejected",
    MediaUploaded "media.uploaded",
    OrderCancelled "order.cancelled",
    OrderConfirmed "order.confirmed",
    OrderCreated "order.created",
    OrderPaid "order.paid",
    OrderStatusChanged "order.status_changed",
    PaymentCaptured "payment.captured",
    PaymentDisputeLost "payment.dispute_lost",
    PaymentDisputeReported "payment.dispute_reported",
    PaymentDisputeWon "payment.dispute_won",
    PaymentDisputed "payment.disputed",
    PaymentFailed "payment.failed",
    PaymentRefundRequested "payment.refund_requested",
    PaymentRefunded "payment.refunded",
    ProductArchived "product.archived",
    ProductCreated "product.created",
    ProductPublished "product.published",
    ProductUpdated "product.updated",
    ShipmentCreated "shipment.created",
    ShipmentStatusUpdated "shipment.status_updated",
    StockBack "stock.back",
    StockCreated "stock.created",
    StockLow "stock.low",
    StockReleased "stock.released",
    StockReserved "stock.reserved",
    StockSold "stock.sold",
    StockUpdated "stock.updated",
    TransferPaid "transfer.paid",
    TransferReversed "transfer.reversed",
    VendorCreated "vendor.created",
    VendorPayoutsUpdated "vendor.payouts_updated",
}

impl EventType {
    /// The bus's `source`: `souk.order` for `order.paid`.
    pub fn source(self) -> String {
        let aggregate = self.as_str().split('.').next().unwrap_or_default();
        format!("souk.{aggregate}")
    }
}

impl Envelope {
    /// Reads the payload as its type has it.
    pub fn data<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.data)
    }
}
