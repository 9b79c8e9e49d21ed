//! Vendors of a test, with their goods.

use domain::VendorId;
use serde_json::{Value, json};

use super::stack::{Answer, Call, Stack, text, unique, until};

/// A vendor that sells, with its owner logged in.
#[derive(Clone)]
pub struct Shop {
    pub stack: Stack,
    pub id: VendorId,
    pub slug: String,
    pub token: String,
}

/// What is sold: a product of one variant.
#[derive(Clone, Debug)]
pub struct Goods {
    pub product: String,
    pub variant: String,
}

impl Stack {
    /// A vendor that sells: [`new_shop`](Self::new_shop), which Stripe pays.
    pub async fn shop(&self, name: &str) -> Shop {
        let shop = self.new_shop(name).await;
        let account = shop.open_account().await;
        self.at_stripes(&format!("accounts/{account}/complete")).await;
        // Who looks is told by Stripe itself, though the webhook is still under way.
        assert_eq!(shop.get("/payments/config").await["accepts_payments"], true);
        shop
    }

    /// Makes a vendor as people do: an admin enters it, its owner follows the link in the mail.
    pub async fn new_shop(&self, name: &str) -> Shop {
        let slug = unique(name);
        let email = format!("owner@{slug}.example");
        let wanted = json!({"name": format!("The {name}"), "slug": slug, "owner_email": email, "country": "LU", "currency": "EUR"});
        let admin = self.admin().await;
        let made = self.post("/admin/vendors").by(&admin).json(&wanted).send().await.expect(201);
        assert_eq!((&made["slug"], &made["status"]), (&json!(slug), &json!("pending")));
        let welcome = self.mail(&email, "token=").await;
        let token = welcome.split("token=").nth(1).unwrap();
        let token: String =
            token.chars().take_while(|c| c.is_ascii_alphanumeric() || "_-.~".contains(*c)).collect();
        let password = "a vendor's own passphrase";
        let taken = json!({"token": token, "password": password, "name": "Owner"});
        self.post("/vendor/auth/activate").json(&taken).send().await.expect(200);
        let who = json!({"email": email, "password": password});
        let in_ = self.post("/vendor/auth/login").json(&who).send().await.expect(200);
        let id = text(&made["id"]);
        assert_eq!((&in_["principal"]["kind"], &in_["principal"]["vendor"]), (&json!("staff"), &json!(id)));
        Shop { stack: self.clone(), id: id.parse().unwrap(), slug, token: text(&in_["token"]) }
    }
}

impl Shop {
    /// Opens the vendor's account at Stripe; answers its id.
    pub async fn open_account(&self) -> String {
        let page = "http://localhost:3001/payments";
        let pages = json!({"return_url": page, "refresh_url": page});
        let form = self.call("POST", "/payments/setup").json(&pages).send().await.expect(200);
        let url = text(&form["url"]);
        let named = url.split('/').find(|part| part.starts_with("acct_"));
        named.unwrap_or_else(|| panic!("{url}")).to_owned()
    }

    /// A call by the shop's owner, of a path below `/api/v1/vendor`.
    pub fn call(&self, method: &str, path: &str) -> Call {
        self.stack.call(method, &format!("/vendor{path}")).by(&self.token)
    }

    pub async fn get(&self, path: &str) -> Value {
        self.call("GET", path).send().await.expect(200)
    }

    /// A published product with so many on the shelf.
    pub async fn goods(&self, sku: &str, cents: i64, on_hand: i64) -> Goods {
        let made = self.call("POST", "/products").json(&product(sku, cents)).send().await.expect(201);
        let goods = Goods::of(&made);
        self.set_stock(&goods, on_hand).await.expect(200);
        goods
    }

    pub async fn set_stock(&self, goods: &Goods, on_hand: i64) -> Answer {
        let counted = json!({"variant_id": goods.variant, "on_hand": on_hand});
        self.call("PUT", "/inventory/stock").json(&counted).send().await
    }

    /// On hand, available, reserved, allocated.
    pub async fn levels(&self, goods: &Goods) -> [i64; 4] {
        let level = self.get(&format!("/inventory/stock/{}", goods.variant)).await;
        assert_eq!(level["variant_id"], goods.variant.as_str());
        ["on_hand", "available", "reserved", "allocated"].map(|counter| level[counter].as_i64().unwrap())
    }

    /// Uploads a feed and starts its import; answers the job.
    pub async fn import(&self, feed: String) -> String {
        let wanted = json!({"filename": "goods.csv", "content_length": feed.len()});
        let leave = self.call("POST", "/marketplace/uploads").json(&wanted).send().await.expect(201);
        self.upload(&leave["upload"], feed.into_bytes()).await;
        let source = json!({"source": "upload", "upload_id": leave["upload_id"]});
        let job = self.call("POST", "/marketplace/import").json(&source).send().await.expect(202);
        text(&job["id"])
    }

    /// Waits for the end of an import.
    pub async fn imported(&self, job: &str) -> Value {
        until("the import", async || {
            let job = self.get(&format!("/marketplace/imports/{job}")).await;
            (!["pending", "running"].contains(&job["status"].as_str().unwrap())).then_some(job)
        })
        .await
    }

    /// Makes a presigned request.
    pub async fn upload(&self, upload: &Value, bytes: Vec<u8>) {
        let request = self.stack.http.request(text(&upload["method"]).parse().unwrap(), text(&upload["url"]));
        let headers = upload["headers"].as_object().unwrap();
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(name, text(value)));
        let answer = Call::of(request.body(bytes)).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Waits for the shipment of an order.
    pub async fn shipment_of(&self, order: &str) -> Value {
        until(&format!("the shipment of {order}"), async || {
            let listed = self.get("/shipments?status=PENDING").await;
            let shipments = listed["data"].as_array().unwrap();
            shipments.iter().find(|shipment| shipment["order_id"] == order).cloned()
        })
        .await
    }

    /// Moves a shipment on.
    pub async fn step(&self, shipment: &str, step: &str, body: Option<Value>) -> Value {
        let call = self.call("PUT", &format!("/shipments/{shipment}/{step}"));
        let call = match &body {
            Some(body) => call.json(body),
            None => call,
        };
        call.send().await.expect(200)
    }
}

impl Goods {
    pub fn of(product: &Value) -> Self {
        Self { product: text(&product["id"]), variant: text(&product["variants"][0]["id"]) }
    }
}

/// A product as a vendor enters it.
pub fn product(sku: &str, cents: i64) -> Value {
    json!({
        "sku": sku, "title": format!("{sku} of the house"), "description": "Good.", "category": "Tea",
        "price": {"amount": cents, "currency": "EUR"}, "tax_rate": 17, "status": "published",
    })
}
