//! The payloads, as producer and consumers both read them. They hold at least the fields that 001 and 003 print.

use domain::{
    AdminId, CartId, CustomerId, ImportId, LineId, MediaId, Money, OrderId, PaymentId, ProductId, ShipmentId,
    StaffId, Tenant, VariantId, VendorId,
    account::StaffRole,
    order::{CancelReason, OrderStatus},
    payouts::PayoutsStatus,
    product::ProductStatus,
    shipment::ShipmentStatus,
    slug::Slug,
    text::{Name, Sku, Text},
    variant::StockReason,
};
use serde::{Deserialize, Serialize};

/// `account.created`: somebody was invited or made an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "account_type", rename_all = "snake_case")]
pub enum AccountCreated {
    Staff { staff_id: StaffId, vendor_id: VendorId, role: StaffRole },
    Admin { admin_id: AdminId },
    Customer { customer_id: CustomerId, channel: Tenant },
}

/// `admin.invited`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdminInvited {
    pub admin_id: AdminId,
}

/// `customer.registered`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerRegistered {
    pub customer_id: CustomerId,
    pub channel: Tenant,
}

/// `vendor.created`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VendorCreated {
    pub vendor_id: VendorId,
    pub slug: Slug,
    pub name: Name,
    pub owner_id: StaffId,
}

/// `product.created`, `.updated`, `.published`, `.archived`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProductChanged {
    pub product_id: ProductId,
    pub vendor_id: VendorId,
    pub sku: Sku,
    pub title: Name,
    pub category: String,
    pub price: Money,
    pub status: ProductStatus,
}

/// `stock.*`: where the units are now, and how many the change was about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StockChanged {
    pub product_id: ProductId,
    pub variant_id: VariantId,
    pub vendor_id: VendorId,
    pub sku: Sku,
    pub units: i64,
    pub on_hand: i64,
    pub available: i64,
    pub reserved: i64,
    pub allocated: i64,
    /// Of `stock.updated`, where the vendor gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<StockReason>,
    /// Of `stock.low`: at how many the vendor wanted to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u32>,
    /// Of `stock.low`: how often the vendor had said how many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<u64>,
}

/// `cart.created`, `.checkout_initiated`, `.abandoned`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CartChanged {
    pub cart_id: CartId,
    pub channel: Tenant,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    pub items: Vec<CartItem>,
}

/// `cart.item_added`: a new line, or more units on one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CartItemAdded {
    pub cart_id: CartId,
    pub channel: Tenant,
    pub item: CartItem,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CartItem {
    pub item_id: LineId,
    pub product_id: ProductId,
    pub variant_id: VariantId,
    pub vendor_id: VendorId,
    pub sku: Sku,
    pub quantity: u32,
    /// Of one unit, in minor units.
    pub unit_price: i64,
}

/// `order.created`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderCreated {
    pub order_id: OrderId,
    pub channel: Tenant,
    pub cart_id: CartId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    pub total: Money,
    pub items: Vec<CartItem>,
}

/// `order.paid`, `.confirmed`, `.cancelled`, `.status_changed`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderChanged {
    pub order_id: OrderId,
    pub channel: Tenant,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    pub from: OrderStatus,
    pub status: OrderStatus,
    pub total: Money,
    pub vendors: Vec<VendorId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_intent_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CancelReason>,
}

/// `payment.captured`, `.failed`, `.refund_requested`, `.refunded`, `.disputed`, `.dispute_won`, `.dispute_lost`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentChanged {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    pub channel: Tenant,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// The order's, a refund's or a dispute's.
    #[serde(flatten)]
    pub amount: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_intent_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispute_id: Option<String>,
    /// Of a dispute, which is told to each vendor of the order: to whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<VendorId>,
}

/// `payment.dispute_reported`: Stripe has told something of a dispute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DisputeReported {
    pub dispute_id: String,
    pub payment_intent_id: String,
}

/// `transfer.paid`, `.reversed`: a vendor's share of an order reached its account, or a part of it came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferChanged {
    pub shipment_id: ShipmentId,
    pub vendor_id: VendorId,
    pub order_id: OrderId,
    /// Stripe's id, `tr_…` or `trr_…`.
    pub transfer_id: String,
    #[serde(flatten)]
    pub amount: Money,
}

/// `vendor.payouts_updated`: how far a vendor's account has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PayoutsUpdated {
    pub vendor_id: VendorId,
    pub status: PayoutsStatus,
}

/// `shipment.created`, `.status_updated`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShipmentChanged {
    pub shipment_id: ShipmentId,
    pub vendor_id: VendorId,
    pub order_id: OrderId,
    pub channel: Tenant,
    pub status: ShipmentStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Text<60>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<Text<80>>,
}

/// `import.completed`, however it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportCompleted {
    pub import_id: ImportId,
    pub vendor_id: VendorId,
    pub status: String,
    pub rows_total: u64,
    pub rows_failed: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
}

/// `media.uploaded`, `.ready`, `.rejected`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MediaChanged {
    pub media_id: MediaId,
    pub vendor_id: VendorId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
