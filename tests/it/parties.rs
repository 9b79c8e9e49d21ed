//! Two vendors, two customers and an admin, and a thing of each kind that is the first ones' own.

use std::collections::BTreeMap;

use domain::feed::sample;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{
    sale::{Placed, purchase},
    shop::{Shop, product},
    stack::{Stack, text, unique},
};

/// Who is there, and what is whose.
#[derive(Clone)]
pub(crate) struct Parties {
    pub(crate) admin: String,
    /// Whose things they are.
    pub(crate) owner: Shop,
    /// Another vendor.
    pub(crate) other: Shop,
    /// The market's customer whose cart and order they are.
    pub(crate) customer: String,
    /// Another customer of the market.
    pub(crate) other_customer: String,
    /// A customer of the owner's shop.
    pub(crate) shopper: String,
    /// The secret of the order.
    pub(crate) order_token: String,
    /// Ids by kind.
    pub(crate) things: BTreeMap<&'static str, String>,
}

impl Parties {
    /// The parties of this run: made once, changed by nobody.
    pub(crate) async fn of(stack: &Stack) -> Self {
        static PARTIES: OnceCell<Parties> = OnceCell::const_new();
        let mut parties = PARTIES.get_or_init(|| Self::meet(stack)).await.clone();
        // Connections end with the test that opened them: each test calls by its own.
        for shop in [&mut parties.owner, &mut parties.other] {
            shop.stack = stack.clone();
        }
        parties
    }

    async fn meet(stack: &Stack) -> Self {
        let (owner, other) = (stack.shop("owner").await, stack.shop("other").await);
        let market = stack.market();
        let email = |name: &str| format!("{name}@{}.example", unique("customer"));
        let customer = market.customer(&email("ada")).await;
        let other_customer = market.customer(&email("bob")).await;
        let shopper = owner.channel().customer(&email("cleo")).await;
        let goods = owner.goods("OWN-1", 2000, 9).await;
        let draft = json!({"status": "draft"});
        let draft = merged(product("OWN-2", 2000), draft);
        let draft = owner.call("POST", "/products").json(&draft).send().await.expect(201);

        let by_customer =
            async |path: &str, body: &Value| stack.post(path).by(&customer).json(body).send().await;
        let item = json!({"variant_id": goods.variant, "quantity": 1});
        let sold = by_customer("/public/market/cart", &json!({})).await.expect(201);
        by_customer(&format!("/public/market/cart/{}/items", text(&sold["id"])), &item).await.expect(200);
        let path = format!("/public/market/cart/{}/checkout", text(&sold["id"]));
        let placed = by_customer(&path, &purchase("ada@example.org")).await.expect(201);
        let placed = Placed::of(&market, placed);
        assert_eq!(placed.pay("pm_card_visa").await.0, 200);
        placed.wait_for("CONFIRMED").await;
        let shipment = owner.shipment_of(&placed.id.to_string()).await;
        let cart = by_customer("/public/market/cart", &json!({})).await.expect(201);
        let cart =
            by_customer(&format!("/public/market/cart/{}/items", text(&cart["id"])), &item).await.expect(200);

        let media = json!({"filename": "a.png", "content_type": "image/png", "content_length": 1000});
        let media = owner.call("POST", "/media").json(&media).send().await.expect(201);
        let import = owner.import(sample::feed(sample::Style::Google, 3, 0)).await;
        owner.imported(&import).await;
        let staged = owner.get(&format!("/marketplace/imports/{import}/products")).await;
        let upload = json!({"filename": "goods.csv", "content_length": 100});
        let upload = owner.call("POST", "/marketplace/uploads").json(&upload).send().await.expect(201);

        let things = BTreeMap::from([
            ("product", goods.product),
            ("variant", goods.variant),
            ("draft", text(&draft["id"])),
            ("draft_variant", text(&draft["variants"][0]["id"])),
            ("cart", text(&cart["id"])),
            ("line", text(&cart["items"][0]["id"])),
            ("order", placed.id.to_string()),
            ("shipment", text(&shipment["id"])),
            ("media", text(&media["id"])),
            ("import", import),
            ("staged", text(&staged["data"][0]["id"])),
            ("upload", text(&upload["upload_id"])),
            ("vendor", owner.id.to_string()),
        ]);
        let admin = stack.admin().await;
        let order_token = placed.token;
        Self { admin, owner, other, customer, other_customer, shopper, order_token, things }
    }
}

/// An object with some of its fields set otherwise.
pub(crate) fn merged(mut object: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("{changes} is no object") };
    object.as_object_mut().unwrap().extend(changes);
    object
}

/// The same kind of id, that nothing was made under.
pub(crate) fn never_made(id: &str) -> String {
    let (prefix, _) = id.split_once('_').unwrap();
    format!("{prefix}_7ZZZZZZZZZZZZZZZZZZZZZZZZZ")
}
