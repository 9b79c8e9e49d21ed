//! How the world is furnished: vendors, goods, carts and orders.

use std::collections::BTreeMap;

use domain::{
    Currency, Money, ProductId, StaffId, Tenant, VariantId, VendorId,
    account::{AccountStatus, AdminRole, Staff, StaffRole},
    category::Category,
    product::{Product, ProductStatus},
    tax::TaxRate,
    text::{Description, Name, Sku},
    variant::{Stock, Variant, VariantRef},
    vendor::{Vendor, VendorStatus},
};
use payments::{Connect, NewAccount};
use platform::Clock;
use serde_json::{Value, json};
use store::{
    product::Listing,
    session::{self, Principal, Session},
};
use stripe_fake::machine::Target;

use super::{Answer, Shop, World, purchase};

impl World {
    /// A vendor that sells for euros, with its owner logged in.
    pub async fn shop(&self, slug: &str) -> Shop {
        self.shop_in(slug, Currency::EUR).await
    }

    /// A vendor that sells for this currency, with its owner logged in.
    pub async fn shop_in(&self, slug: &str, currency: Currency) -> Shop {
        let mut shop = self.new_shop_in(slug, currency).await;
        let account = self.account(&shop, "LU").await;
        shop.vendor = self.told(&shop, &account).await;
        shop
    }

    /// An account at Stripe that it pays, whose vendor has not heard of that.
    pub async fn account(&self, shop: &Shop, country: &str) -> String {
        let new = NewAccount {
            key: format!("account:{}", shop.vendor.id),
            country: country.to_owned(),
            email: "owner@example.org".to_owned(),
            metadata: BTreeMap::from([("vendor_id".to_owned(), shop.vendor.id.to_string())]),
        };
        let account = self.stripe.create_account(new).await.unwrap().id;
        let mut machine = self.stripe.machine();
        let endpoint = machine.endpoint(Target::Connect).cloned();
        machine.set_endpoint(Target::Connect, None);
        machine.judge_account(&account, true, self.clock.now().ms()).unwrap();
        machine.set_endpoint(Target::Connect, endpoint);
        account
    }

    /// Writes down what Stripe says of a vendor's account, as it does when somebody looks; answers the vendor.
    pub async fn told(&self, shop: &Shop, account: &str) -> Vendor {
        let found = self.stripe.account(account).await.unwrap();
        let payouts = ordering::payouts(found, self.clock.now());
        store::vendor::open_account(&self.store, shop.vendor.id, &payouts).await.unwrap()
    }

    /// A vendor without an account at Stripe, with its owner logged in.
    pub async fn new_shop(&self, slug: &str) -> Shop {
        self.new_shop_in(slug, Currency::EUR).await
    }

    async fn new_shop_in(&self, slug: &str, currency: Currency) -> Shop {
        let now = self.clock.now();
        let staff_id: StaffId = self.ids.next();
        let place = ("LU".parse().unwrap(), currency);
        let vendor = Vendor {
            status: VendorStatus::Active,
            ..Vendor::new(
                self.ids.next(),
                staff_id,
                slug.parse().unwrap(),
                Name::try_from(slug).unwrap(),
                place,
                now,
            )
        };
        let owner = Staff {
            id: staff_id,
            vendor_id: vendor.id,
            email: format!("{slug}@example.org").parse().unwrap(),
            role: StaffRole::Owner,
            status: AccountStatus::Active,
            ..serde_json::from_value(json!({
                "id": staff_id, "vendor_id": vendor.id, "email": "x@example.org", "role": "owner",
                "status": "active", "created_at": now, "version": 1,
            }))
            .unwrap()
        };
        store::vendor::create(&self.store, &vendor, &owner).await.unwrap();
        let token = self.log_in(&vendor).await;
        Shop { vendor, token }
    }

    /// A vendor's owner logs in; answers the token of the session.
    pub async fn log_in(&self, vendor: &Vendor) -> String {
        let token = self.ids.token();
        let principal =
            Principal::Staff { staff_id: vendor.owner_id, vendor_id: vendor.id, role: StaffRole::Owner };
        session::create(&self.store, &token, &Session::starting(principal, self.clock.now())).await.unwrap();
        token.reveal().clone()
    }

    /// Somebody of the platform's support is logged in; answers the token of the session.
    pub async fn support(&self) -> String {
        let token = self.ids.token();
        let principal = Principal::Admin { admin_id: self.ids.next(), role: AdminRole::Support };
        session::create(&self.store, &token, &Session::starting(principal, self.clock.now())).await.unwrap();
        token.reveal().clone()
    }

    /// A published product of one variant, for so much of its vendor's currency, with so many on the shelf.
    pub async fn product(&self, shop: &Shop, sku: &str, amount: i64, on_hand: i64) -> VariantRef {
        let now = self.clock.now();
        let (id, variant_id): (ProductId, VariantId) = (self.ids.next(), self.ids.next());
        let vendor_id: VendorId = shop.vendor.id;
        let (sku, title) = (Sku::try_from(sku).unwrap(), Name::try_from(sku).unwrap());
        let price = Money::new(amount, shop.vendor.currency);
        let tax_rate = TaxRate::try_from(1700).unwrap();
        let product = Product {
            id,
            vendor_id,
            sku: sku.clone(),
            title: title.clone(),
            description: Description::try_from("Good.").unwrap(),
            category: Category::try_from("Tea".to_owned()).unwrap(),
            brand: None,
            gtin: None,
            tags: Vec::new(),
            price,
            tax_rate,
            status: ProductStatus::Published,
            variants: 1,
            images: Vec::new(),
            staged_id: None,
            created_at: now,
            updated_at: now,
            published_at: Some(now),
            version: 1,
        };
        let variant = Variant {
            id: variant_id,
            product_id: id,
            vendor_id,
            sku,
            title,
            options: BTreeMap::new(),
            price,
            own_price: false,
            weight_grams: None,
            stripes: Default::default(),
            low_stock_threshold: None,
            adjustment: None,
            counts: 0,
            tax_rate,
            image_url: None,
            sellable: true,
            stock: Stock { on_hand, available: on_hand, ..Stock::default() },
            created_at: now,
            version: 1,
            revision: 1,
        };
        let place = variant.place();
        store::product::create(&self.store, &Listing { product, variants: vec![variant] }).await.unwrap();
        place
    }

    pub async fn stock(&self, place: &VariantRef) -> Stock {
        store::stock::get(&self.store, place).await.unwrap().stock
    }

    /// On hand, available, reserved, allocated.
    pub async fn levels(&self, place: &VariantRef) -> [i64; 4] {
        let Stock { on_hand, available, reserved, allocated, .. } = self.stock(place).await;
        [on_hand, available, reserved, allocated]
    }

    /// A guest's new cart in the market.
    pub async fn cart(&self) -> String {
        let made = self.call("POST", "/api/v1/public/market/cart", None, None).await.expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    pub async fn add(&self, cart: &str, place: &VariantRef, quantity: u32) -> Answer {
        let body = json!({"variant_id": place.variant_id, "quantity": quantity});
        self.post(&format!("/api/v1/public/market/cart/{cart}/items"), body).await
    }

    pub async fn check_out(&self, cart: &str) -> Answer {
        self.post(&format!("/api/v1/public/market/cart/{cart}/checkout"), purchase()).await
    }

    /// The intent of an order.
    pub async fn intent_of(&self, order: &str) -> String {
        let order = store::order::get(&self.store, &Tenant::Platform, order.parse().unwrap()).await.unwrap();
        order.payment.intent_id.unwrap()
    }

    pub async fn order(&self, placed: &Value) -> Value {
        let (id, token) =
            (placed["order"]["id"].as_str().unwrap(), placed["order"]["token"].as_str().unwrap());
        self.get(&format!("/api/v1/public/market/orders/{id}?token={token}")).await.expect(200)
    }
}
