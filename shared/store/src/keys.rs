//! Every key of the table. docs/TABLE.md tells the same with its access paths.
//!
//! | item | PK | SK |
//! |---|---|---|
//! | vendor | `T#{ven}#VENDOR` | `VENDOR` |
//! | product | `T#{ven}#PRODUCT#{prd}` | `PRODUCT` |
//! | variant: offer and stock level | same | `VARIANT#{var}` |
//! | stripe of a variant: its shelf, its tallies | `T#{ven}#STRIPE#{var}#{nn}`, `T#{ven}#TALLY#{var}#{nn}` | `SHELF`, `TALLY` |
//! | category of a shelf | `T#{ven}#CATEGORIES`, `T#platform#CATEGORIES#{shard}` | `{key}` |
//! | cart | `T#{channel}#CART#{crt}` | `CART` |
//! | order | `T#{channel}#ORDER#{ord}` | `ORDER` |
//! | ledger transaction | same | `LEDGER#{ltx}` |
//! | statement line | `T#{ven}#LEDGER#{yyyy-mm}` | `{ltx}#{nn}` |
//! | sum of a closed month of a statement | `T#{ven}#LEDGER` | `{yyyy-mm}` |
//! | shipment | `T#{ven}#SHIPMENT#{shp}` | `SHIPMENT` |
//! | settlement: a vendor's part of the money of an order | `T#{ven}#SETTLEMENT#{shp}` | `SETTLEMENT` |
//! | what a vendor owes | `T#{ven}#VENDOR` | `DEBT#{currency}` |
//! | media | `T#{ven}#MEDIA#{med}` | `MEDIA` |
//! | import job | `T#{ven}#IMPORT#{imp}` | `JOB`; `CHUNK#{nnnnn}`; `ERROR#{nnnnnnn}#{nn}` |
//! | feed upload | `T#{ven}#UPLOAD#{upl}` | `UPLOAD` |
//! | staged product | `T#{ven}#STAGED#{bucket}` | `{stg}` |
//! | staff, admin, customer | `T#{ven}#STAFF#{stf}`, `T#platform#ADMIN#{adm}`, `T#{channel}#CUSTOMER#{cus}` | the same word |
//! | unique name | `UNIQUE#{kind}#{scope}#{value}` | `UNIQUE` |
//! | pointer (immutable) | `ID#{prd or var}` | `ID` |
//! | session, invitation | `SESSION#{hash}`, `INVITATION#{hash}` | the same word |
//! | idempotency record | `IDEMPOTENCY#{hash of scope, route and key}` | `IDEMPOTENCY` |
//! | mail, asked for, claimed or sent | `MAIL#{what it is about}:{what became of that}` | `MAIL` |
//! | run of the reconciliation; what it found | `T#platform#RECONCILIATIONS`; `T#platform#RECONCILIATION#{rec}` | `{rec}`; `{nnnnnn}` |
//! | dispute that was told of | `DISPUTE#{Stripe's id}` | `DISPUTE` |
//! | kept webhook | `WEBHOOK#{event}` | `WEBHOOK` |

use domain::{
    AdminId, CartId, Currency, CustomerId, ImportId, LedgerTransactionId, MediaId, OrderId, ProductId,
    ReconciliationId, ShipmentId, StaffId, StagedId, Tenant, UploadId, VendorId, category, email::Email,
    slug::Slug, variant::VariantRef,
};
use platform::secret::sha256_hex;
use table::Key;

/// The market's lists are spread over this many partitions.
pub(crate) const MARKET_SHARDS: u8 = 8;
/// What is made in a month is spread over so many partitions, for the platform: more orders come than one partition takes.
const MONTH_SHARDS: u8 = 16;
/// A vendor's shipments by status are spread over this many partitions.
pub(crate) const SHIPMENT_SHARDS: u8 = 8;
/// Due times are spread over this many partitions.
pub(crate) const DUE_SHARDS: u8 = 16;

/// A partition of a tenant's: the only place where its prefix is written.
fn of(tenant: &Tenant, rest: &str) -> String {
    format!("T#{tenant}#{rest}")
}

/// The tenant that one of our own keys belongs to.
pub(crate) fn tenant_of(pk: &str) -> Option<Tenant> {
    let tenant = pk.strip_prefix("T#")?.split('#').next()?;
    tenant.parse().ok()
}

pub(crate) fn vendor(id: VendorId) -> Key {
    Key::new(vendor_partition(id), "VENDOR")
}

fn vendor_partition(id: VendorId) -> String {
    of(&Tenant::Vendor(id), "VENDOR")
}

pub(crate) const VENDORS: &str = "VENDORS";
/// The list of the kept webhooks that can be brought back; infra/local/dead_letters.py reads it.
pub(crate) const WEBHOOKS: &str = "WEBHOOKS";

pub(crate) fn product_partition(vendor: VendorId, id: ProductId) -> String {
    of(&Tenant::Vendor(vendor), &format!("PRODUCT#{id}"))
}

pub(crate) fn product(vendor: VendorId, id: ProductId) -> Key {
    Key::new(product_partition(vendor, id), "PRODUCT")
}

pub(crate) fn variant(place: &VariantRef) -> Key {
    Key::new(product_partition(place.vendor_id, place.product_id), format!("VARIANT#{}", place.variant_id))
}

/// The place of a variant that one of our own keys is of.
pub(crate) fn variant_of(key: &Key) -> Option<VariantRef> {
    let Tenant::Vendor(vendor_id) = tenant_of(&key.pk)? else { return None };
    let product_id = key.pk.rsplit('#').next()?.parse().ok()?;
    let variant_id = key.sk.strip_prefix("VARIANT#")?.parse().ok()?;
    Some(VariantRef { vendor_id, product_id, variant_id })
}

/// A shelf of a variant that is sold in stripes, from 0.
pub(crate) fn shelf_of(place: &VariantRef, stripe: u8) -> Key {
    let rest = format!("STRIPE#{}#{stripe:02}", place.variant_id);
    Key::new(of(&Tenant::Vendor(place.vendor_id), &rest), "SHELF")
}

/// A tally of a variant that is sold in stripes, from 0.
pub(crate) fn tally_of(place: &VariantRef, tally: u8) -> Key {
    let rest = format!("TALLY#{}#{tally:02}", place.variant_id);
    Key::new(of(&Tenant::Vendor(place.vendor_id), &rest), "TALLY")
}

pub(crate) fn products_of(vendor: VendorId) -> String {
    of(&Tenant::Vendor(vendor), "PRODUCTS")
}

/// Where a tenant's public lists lie: a shop's in one partition, the market's in shards.
pub(crate) fn shelf(vendor: VendorId) -> String {
    of(&Tenant::Vendor(vendor), "SHELF")
}

pub(crate) fn shelf_category(vendor: VendorId, category: &str) -> String {
    of(&Tenant::Vendor(vendor), &format!("SHELF#{category}"))
}

pub(crate) fn market(shard: u8) -> String {
    of(&Tenant::Platform, &format!("SHELF#{shard}"))
}

pub(crate) fn market_category(shard: u8, category: &str) -> String {
    of(&Tenant::Platform, &format!("SHELF#{shard}#{category}"))
}

pub(crate) fn shop_categories(vendor: VendorId) -> String {
    of(&Tenant::Vendor(vendor), "CATEGORIES")
}

pub(crate) fn market_categories(shard: u8) -> String {
    of(&Tenant::Platform, &format!("CATEGORIES#{shard}"))
}

pub(crate) fn cart(channel: &Tenant, id: CartId) -> Key {
    Key::new(of(channel, &format!("CART#{id}")), "CART")
}

pub(crate) fn order(channel: &Tenant, id: OrderId) -> Key {
    Key::new(of(channel, &format!("ORDER#{id}")), "ORDER")
}

pub(crate) fn ledger(channel: &Tenant, order: OrderId, id: LedgerTransactionId) -> Key {
    Key::new(of(channel, &format!("ORDER#{order}")), format!("LEDGER#{id}"))
}

pub(crate) fn orders_of(channel: &Tenant, customer: CustomerId) -> String {
    of(channel, &format!("CUSTOMER#{customer}#ORDERS"))
}

pub(crate) fn shipment(vendor: VendorId, id: ShipmentId) -> Key {
    Key::new(of(&Tenant::Vendor(vendor), &format!("SHIPMENT#{id}")), "SHIPMENT")
}

pub(crate) fn shipments_of(vendor: VendorId, shard: u8) -> String {
    of(&Tenant::Vendor(vendor), &format!("SHIPMENTS#{shard}"))
}

pub(crate) const SETTLEMENT: &str = "SETTLEMENT";

pub(crate) fn settlement(vendor: VendorId, id: ShipmentId) -> Key {
    Key::new(of(&Tenant::Vendor(vendor), &format!("SETTLEMENT#{id}")), SETTLEMENT)
}

/// A vendor's settlements that wait for it to be ready.
pub(crate) fn waiting_of(vendor: VendorId) -> String {
    of(&Tenant::Vendor(vendor), "WAITING")
}

pub(crate) fn debt(vendor: VendorId, currency: Currency) -> Key {
    Key::new(vendor_partition(vendor), format!("DEBT#{currency}"))
}

/// All of a kind that were made in a month: a vendor's in one partition, everybody's for the platform in shards.
pub(crate) fn monthly(tenant: &Tenant, kind: &str, month: &str, shard: u8) -> String {
    match tenant {
        Tenant::Platform => of(tenant, &format!("{kind}#{month}#{shard:02}")),
        Tenant::Vendor(_) => of(tenant, &format!("{kind}#{month}")),
    }
}

/// Over how many partitions a tenant's months are spread.
pub(crate) fn monthly_shards(tenant: &Tenant) -> u8 {
    match tenant {
        Tenant::Platform => MONTH_SHARDS,
        Tenant::Vendor(_) => 1,
    }
}

/// A vendor's ledger of a month.
pub(crate) fn statement_partition(vendor: VendorId, month: &str) -> String {
    of(&Tenant::Vendor(vendor), &format!("LEDGER#{month}"))
}

/// What a month of a vendor's ledger adds up to.
pub(crate) fn statement_sum(vendor: VendorId, month: &str) -> Key {
    Key::new(of(&Tenant::Vendor(vendor), "LEDGER"), month)
}

pub(crate) fn media(vendor: VendorId, id: MediaId) -> Key {
    Key::new(of(&Tenant::Vendor(vendor), &format!("MEDIA#{id}")), "MEDIA")
}

/// Where an import's job lies in its partition.
pub(crate) const JOB: &str = "JOB";

pub(crate) fn import_partition(vendor: VendorId, id: ImportId) -> String {
    of(&Tenant::Vendor(vendor), &format!("IMPORT#{id}"))
}

pub(crate) fn imports_of(vendor: VendorId) -> String {
    of(&Tenant::Vendor(vendor), "IMPORTS")
}

pub(crate) fn upload(vendor: VendorId, id: UploadId) -> Key {
    Key::new(of(&Tenant::Vendor(vendor), &format!("UPLOAD#{id}")), "UPLOAD")
}

pub(crate) fn staged_partition(vendor: VendorId, bucket: u8) -> String {
    of(&Tenant::Vendor(vendor), &format!("STAGED#{bucket:02}"))
}

pub(crate) fn staged(vendor: VendorId, bucket: u8, id: StagedId) -> Key {
    Key::new(staged_partition(vendor, bucket), id.to_string())
}

pub(crate) fn staff(vendor: VendorId, id: StaffId) -> Key {
    Key::new(of(&Tenant::Vendor(vendor), &format!("STAFF#{id}")), "STAFF")
}

pub(crate) fn admin(id: AdminId) -> Key {
    Key::new(of(&Tenant::Platform, &format!("ADMIN#{id}")), "ADMIN")
}

pub(crate) fn customer(channel: &Tenant, id: CustomerId) -> Key {
    Key::new(of(channel, &format!("CUSTOMER#{id}")), "CUSTOMER")
}

pub(crate) fn unique_slug(slug: &Slug) -> Key {
    Key::new(format!("UNIQUE#slug#platform#{slug}"), "UNIQUE")
}

/// Whose mail addresses are told apart.
pub(crate) enum People<'a> {
    Admins,
    Staff,
    Customers(&'a Tenant),
}

/// The address itself stays out of keys, and so out of logs.
pub(crate) fn unique_email(people: &People<'_>, email: &Email) -> Key {
    let scope = match people {
        People::Admins => "admins".to_owned(),
        People::Staff => "staff".to_owned(),
        People::Customers(channel) => format!("customers#{channel}"),
    };
    Key::new(format!("UNIQUE#email#{scope}#{}", sha256_hex(email.as_str())), "UNIQUE")
}

pub(crate) fn unique_sku(vendor: VendorId, sku: &str) -> Key {
    Key::new(of(&Tenant::Vendor(vendor), &format!("SKU#{sku}")), "UNIQUE")
}

pub(crate) fn pointer(id: &str) -> Key {
    Key::new(format!("ID#{id}"), "ID")
}

pub(crate) fn session(hash: &str) -> Key {
    Key::new(format!("SESSION#{hash}"), "SESSION")
}

pub(crate) fn invitation(hash: &str) -> Key {
    Key::new(format!("INVITATION#{hash}"), "INVITATION")
}

pub(crate) fn idempotency(hash: &str) -> Key {
    Key::new(format!("IDEMPOTENCY#{hash}"), "IDEMPOTENCY")
}

pub(crate) fn mail(key: &str) -> Key {
    Key::new(format!("MAIL#{key}"), "MAIL")
}

/// What tells the mail of an item from others, if it is a mail's.
pub(crate) fn mail_of(key: &Key) -> Option<&str> {
    key.pk.strip_prefix("MAIL#")
}

pub(crate) fn reconciliations() -> String {
    of(&Tenant::Platform, "RECONCILIATIONS")
}

pub(crate) fn reconciliation(id: ReconciliationId) -> Key {
    Key::new(reconciliations(), id.to_string())
}

/// What a run has found.
pub(crate) fn differences(id: ReconciliationId) -> String {
    of(&Tenant::Platform, &format!("RECONCILIATION#{id}"))
}

pub(crate) fn difference(id: ReconciliationId, at: u64) -> Key {
    Key::new(differences(id), format!("{at:06}"))
}

pub(crate) const DISPUTE: &str = "DISPUTE";

pub(crate) fn dispute(id: &str) -> Key {
    Key::new(format!("DISPUTE#{id}"), DISPUTE)
}

pub(crate) fn webhook(event: &str) -> Key {
    Key::new(format!("WEBHOOK#{event}"), "WEBHOOK")
}

pub(crate) fn due(shard: u8) -> String {
    format!("DUE#{shard:02}")
}

/// Which of some shards an id belongs to.
pub(crate) fn shard_of(id: &str, shards: u8) -> u8 {
    let sum = id.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    u8::try_from(sum % u32::from(shards.max(1))).unwrap_or(0)
}

/// The key by which lists of a category are found.
pub(crate) fn category_key(text: &str) -> String {
    category::key(text)
}
