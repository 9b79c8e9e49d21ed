//! What nobody should send: each gets a 4xx with its code in the shape of errors, and changes nothing.

mod addresses;
mod shapes;
mod values;

use serde_json::{Value, json};

use super::{
    parties::{Parties, merged},
    sale::purchase,
    shop::product,
    stack::{Answer, Stack, text, unique},
};

/// Who calls.
#[derive(Clone, Copy, Debug)]
enum Who {
    Guest,
    Admin,
    Owner,
}
use Who::{Admin, Guest, Owner};

impl Who {
    fn token(self, parties: &Parties) -> Option<&str> {
        match self {
            Guest => None,
            Admin => Some(&parties.admin),
            Owner => Some(&parties.owner.token),
        }
    }
}

/// A route that takes a body, and a body that it would take.
struct Takes {
    method: &'static str,
    path: &'static str,
    who: Who,
    body: Value,
    /// A field that has to be there, where there is one.
    needs: Option<&'static str>,
}

/// Every kind of body that the API takes. `{cart}` and the like stand for things of the owner's.
fn bodies() -> Vec<Takes> {
    let takes = |method, path, who, body, needs: &'static str| {
        let needs = Some(needs).filter(|needs| !needs.is_empty());
        Takes { method, path, who, body, needs }
    };
    let log_in = || json!({"email": "nobody@example.org", "password": "a passphrase"});
    vec![
        takes("POST", "/admin/auth/login", Guest, log_in(), "email"),
        takes(
            "POST",
            "/admin/vendors",
            Admin,
            json!({"name": "A", "slug": "never-made", "owner_email": "a@example.org", "country": "LU", "currency": "EUR"}),
            "slug",
        ),
        takes(
            "POST",
            "/vendor/auth/activate",
            Guest,
            json!({"token": "x", "password": "a passphrase", "name": "A"}),
            "token",
        ),
        takes("POST", "/vendor/auth/login", Guest, log_in(), "password"),
        takes("POST", "/vendor/products", Owner, product("BAD-1", 100), "sku"),
        takes(
            "PUT",
            "/vendor/inventory/stock",
            Owner,
            json!({"variant_id": "{variant}", "on_hand": 9}),
            "on_hand",
        ),
        takes(
            "POST",
            "/vendor/inventory/stock/{variant}/adjust",
            Owner,
            json!({"delta": 1, "reason": "received"}),
            "reason",
        ),
        takes(
            "PUT",
            "/vendor/inventory/stock/{variant}/threshold",
            Owner,
            json!({"low_stock_threshold": 1}),
            "low_stock_threshold",
        ),
        takes("PUT", "/vendor/inventory/stock/{variant}/stripes", Owner, json!({"count": 2}), "count"),
        takes("PUT", "/vendor/settings/shipping", Owner, json!({"zones": []}), "zones"),
        takes(
            "POST",
            "/vendor/payments/setup",
            Owner,
            json!({"return_url": "http://elsewhere.example", "refresh_url": "http://elsewhere.example"}),
            "return_url",
        ),
        takes(
            "POST",
            "/vendor/orders/{order}/refunds",
            Owner,
            json!({"lines": [{"id": "{line}", "quantity": 1}]}),
            "",
        ),
        takes(
            "POST",
            "/admin/orders/{order}/refunds",
            Admin,
            json!({"lines": [{"id": "{line}", "quantity": 1}]}),
            "",
        ),
        takes(
            "POST",
            "/public/market/cart/{guest_cart}/quote",
            Guest,
            json!({"shipping_address": purchase("a@example.org")["shipping_address"]}),
            "shipping_address",
        ),
        takes(
            "POST",
            "/vendor/media",
            Owner,
            json!({"filename": "a.png", "content_type": "image/png", "content_length": 9}),
            "content_type",
        ),
        takes(
            "PUT",
            "/vendor/settings/marketplace",
            Owner,
            json!({"csv_url": "https://feeds.example.com/a.csv", "currency": "EUR", "language": "de"}),
            "csv_url",
        ),
        takes(
            "POST",
            "/vendor/marketplace/uploads",
            Owner,
            json!({"filename": "a.csv", "content_length": 9}),
            "content_length",
        ),
        takes("POST", "/vendor/marketplace/import", Owner, json!({"source": "url"}), "source"),
        takes(
            "PUT",
            "/vendor/shipments/{shipment}/ship",
            Owner,
            json!({"carrier": "P", "tracking_number": "1"}),
            "carrier",
        ),
        takes(
            "POST",
            "/public/market/cart/{guest_cart}/items",
            Guest,
            json!({"variant_id": "{variant}", "quantity": 1}),
            "quantity",
        ),
        takes(
            "PUT",
            "/public/market/cart/{guest_cart}/items/{guest_line}",
            Guest,
            json!({"quantity": 1}),
            "quantity",
        ),
        takes(
            "POST",
            "/public/market/cart/{guest_cart}/checkout",
            Guest,
            purchase("a@example.org"),
            "shipping_address",
        ),
        takes(
            "POST",
            "/public/market/customers/register",
            Guest,
            json!({"email": "a@example.org", "password": "a passphrase", "name": "A"}),
            "email",
        ),
        takes("POST", "/public/market/customers/login", Guest, log_in(), "email"),
    ]
}

/// A bench: the parties, and a guest's cart with a line that is the test's own.
struct Bench {
    stack: Stack,
    parties: Parties,
    cart: String,
    line: String,
}

impl Bench {
    async fn new() -> Self {
        let stack = Stack::find();
        let parties = Parties::of(&stack).await;
        let cart = stack.market().cart().await;
        let goods = parties.owner.goods(&unique("BENCH").to_uppercase(), 500, 2000).await;
        let filled = cart.add(&goods, 1).await.expect(200);
        Self { stack, parties, cart: cart.id, line: text(&filled["items"][0]["id"]) }
    }

    /// Puts ids into the places that name them.
    fn filled(&self, text: &str) -> String {
        let text = text.replace("{guest_cart}", &self.cart).replace("{guest_line}", &self.line);
        self.parties.things.iter().fold(text, |text, (kind, id)| text.replace(&format!("{{{kind}}}"), id))
    }

    async fn send(
        &self,
        (method, path, who): (&str, &str, Who),
        content_type: &str,
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let call = self.stack.call(method, &self.filled(path));
        let call = match who.token(&self.parties) {
            Some(token) => call.by(token),
            None => call,
        };
        call.text(content_type, body.into()).send().await
    }

    async fn json(&self, route: (&str, &str, Who), body: &Value) -> Answer {
        self.send(route, "application/json", self.filled(&body.to_string())).await
    }
}

/// The codes that an answer may have for its status.
fn check(answer: &Answer, what: &str, allowed: &[(u16, &str)], wrong: &mut Vec<String>) {
    let error = answer.error();
    if !allowed.iter().any(|(status, code)| error == (*status, (*code).to_owned())) {
        wrong.push(format!("{what}: {answer:?}"));
    }
}
