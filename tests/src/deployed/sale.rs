//! Customers of a test: what they put into carts, order and pay.

use domain::{OrderId, Tenant};
use serde_json::{Value, json};

use super::{
    shop::{Goods, Shop},
    stack::{Answer, Call, Stack, text, until},
};

/// Where a sale happens.
#[derive(Clone)]
pub struct Channel {
    stack: Stack,
    pub path: String,
    pub tenant: Tenant,
}

/// A guest's cart.
#[derive(Clone)]
pub struct Cart {
    pub channel: Channel,
    pub id: String,
}

/// An order that was made of a cart.
#[derive(Clone)]
pub struct Placed {
    pub channel: Channel,
    pub id: OrderId,
    pub token: String,
    pub intent: String,
    /// What checkout answered.
    pub answer: Value,
}

impl Stack {
    pub fn market(&self) -> Channel {
        Channel { stack: self.clone(), path: "/public/market".to_owned(), tenant: Tenant::Platform }
    }
}

impl Shop {
    pub fn channel(&self) -> Channel {
        let path = format!("/public/vendors/{}", self.slug);
        Channel { stack: self.stack.clone(), path, tenant: Tenant::Vendor(self.id) }
    }
}

impl Channel {
    /// A call of a path of the channel.
    pub fn call(&self, method: &str, path: &str) -> Call {
        self.stack.call(method, &format!("{}{path}", self.path))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send().await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path).json(body).send().await
    }

    pub async fn cart(&self) -> Cart {
        Cart::of(self, &self.call("POST", "/cart").send().await.expect(201))
    }

    /// Registers a customer; answers the token.
    pub async fn customer(&self, email: &str) -> String {
        let who = json!({"email": email, "password": "a customer's passphrase", "name": "Ada"});
        let registered = self.post("/customers/register", &who).await.expect(201);
        assert_eq!(registered["principal"]["kind"], "customer");
        text(&registered["token"])
    }
}

impl Cart {
    pub fn of(channel: &Channel, made: &Value) -> Self {
        Self { channel: channel.clone(), id: text(&made["id"]) }
    }

    /// A call that adds goods.
    pub fn adding(&self, goods: &Goods, quantity: i64) -> Call {
        let body = json!({"variant_id": goods.variant, "quantity": quantity});
        self.channel.call("POST", &format!("/cart/{}/items", self.id)).json(&body)
    }

    pub async fn add(&self, goods: &Goods, quantity: i64) -> Answer {
        self.adding(goods, quantity).send().await
    }

    pub async fn show(&self) -> Value {
        self.channel.get(&format!("/cart/{}", self.id)).await.expect(200)
    }

    /// A call that checks out.
    pub fn checking_out_as(&self, email: &str) -> Call {
        self.channel.call("POST", &format!("/cart/{}/checkout", self.id)).json(&purchase(email))
    }

    pub async fn check_out_as(&self, email: &str) -> Answer {
        self.checking_out_as(email).send().await
    }

    pub async fn check_out(&self) -> Placed {
        let answer = self.check_out_as("ada@example.org").await.expect(201);
        Placed::of(&self.channel, answer)
    }
}

impl Placed {
    pub fn of(channel: &Channel, answer: Value) -> Self {
        let secret = text(&answer["payment"]["client_secret"]);
        Self {
            channel: channel.clone(),
            id: text(&answer["order"]["id"]).parse().unwrap(),
            token: text(&answer["order"]["token"]),
            // `pi_…_secret_…`: Stripe's own libraries take the intent out of it as well.
            intent: secret.split("_secret_").next().unwrap().to_owned(),
            answer,
        }
    }

    pub async fn show(&self) -> Value {
        self.channel.get(&format!("/orders/{}?token={}", self.id, self.token)).await.expect(200)
    }

    pub async fn cancel(&self) -> Answer {
        self.channel.post(&format!("/orders/{}/cancel?token={}", self.id, self.token), &json!({})).await
    }

    /// Confirms the payment at Stripe; answers its status and what Stripe says.
    pub async fn pay(&self, method: &str) -> (u16, Value) {
        self.channel.stack.confirm(&self.intent, method).await
    }

    /// Waits until the order has come to a status, and shows it.
    pub async fn wait_for(&self, status: &str) -> Value {
        until(&format!("{} to be {status}", self.id), async || {
            let order = self.show().await;
            (order["status"] == status).then_some(order)
        })
        .await
    }
}

/// What checkout asks for.
pub fn purchase(email: &str) -> Value {
    json!({
        "email": email,
        "shipping_address": {
            "name": "Ada", "line1": "1 Rue du Marché", "city": "Luxembourg", "postal_code": "1728", "country": "LU",
        },
    })
}

/// The statuses that an order has passed.
pub fn story(order: &Value) -> Vec<&str> {
    order["timeline"].as_array().unwrap().iter().map(|moment| moment["status"].as_str().unwrap()).collect()
}
