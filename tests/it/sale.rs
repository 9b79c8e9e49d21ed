//! Customers of a test: what they put into carts, order and pay.

use domain::{OrderId, Tenant};
use serde_json::{Value, json};

use super::{
    shop::{Goods, Shop},
    stack::{Answer, Stack, text, until},
};

/// Where a sale happens.
#[derive(Clone)]
pub(crate) struct Channel {
    stack: Stack,
    pub(crate) path: String,
    pub(crate) tenant: Tenant,
}

/// A guest's cart.
#[derive(Clone)]
pub(crate) struct Cart {
    pub(crate) channel: Channel,
    pub(crate) id: String,
}

/// An order that was made of a cart.
#[derive(Clone)]
pub(crate) struct Placed {
    pub(crate) channel: Channel,
    pub(crate) id: OrderId,
    pub(crate) token: String,
    pub(crate) intent: String,
    /// What checkout answered.
    pub(crate) answer: Value,
}

impl Stack {
    pub(crate) fn market(&self) -> Channel {
        Channel { stack: self.clone(), path: "/public/market".to_owned(), tenant: Tenant::Platform }
    }
}

impl Shop {
    pub(crate) fn channel(&self) -> Channel {
        let path = format!("/public/vendors/{}", self.slug);
        Channel { stack: self.stack.clone(), path, tenant: Tenant::Vendor(self.id) }
    }
}

impl Channel {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.stack.get(&format!("{}{path}", self.path)).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.stack.post(&format!("{}{path}", self.path)).json(body).send().await
    }

    pub(crate) async fn cart(&self) -> Cart {
        let made = self.stack.post(&format!("{}/cart", self.path)).send().await.expect(201);
        Cart { channel: self.clone(), id: text(&made["id"]) }
    }

    /// Registers a customer; answers the token.
    pub(crate) async fn customer(&self, email: &str) -> String {
        let who = json!({"email": email, "password": "a customer's passphrase", "name": "Ada"});
        let registered = self.post("/customers/register", &who).await.expect(201);
        assert_eq!(registered["principal"]["kind"], "customer");
        text(&registered["token"])
    }
}

impl Cart {
    pub(crate) async fn add(&self, goods: &Goods, quantity: i64) -> Answer {
        let body = json!({"variant_id": goods.variant, "quantity": quantity});
        self.channel.post(&format!("/cart/{}/items", self.id), &body).await
    }

    pub(crate) async fn show(&self) -> Value {
        self.channel.get(&format!("/cart/{}", self.id)).await.expect(200)
    }

    pub(crate) async fn check_out_as(&self, email: &str) -> Answer {
        self.channel.post(&format!("/cart/{}/checkout", self.id), &purchase(email)).await
    }

    pub(crate) async fn check_out(&self) -> Placed {
        let answer = self.check_out_as("ada@example.org").await.expect(201);
        Placed::of(&self.channel, answer)
    }
}

impl Placed {
    pub(crate) fn of(channel: &Channel, answer: Value) -> Self {
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

    pub(crate) async fn show(&self) -> Value {
        self.channel.get(&format!("/orders/{}?token={}", self.id, self.token)).await.expect(200)
    }

    pub(crate) async fn cancel(&self) -> Answer {
        self.channel.post(&format!("/orders/{}/cancel?token={}", self.id, self.token), &json!({})).await
    }

    /// Confirms the payment at Stripe; answers its status and what Stripe says.
    pub(crate) async fn pay(&self, method: &str) -> (u16, Value) {
        self.channel.stack.confirm(&self.intent, method).await
    }

    /// Waits until the order has come to a status, and shows it.
    pub(crate) async fn wait_for(&self, status: &str) -> Value {
        until(&format!("{} to be {status}", self.id), async || {
            let order = self.show().await;
            (order["status"] == status).then_some(order)
        })
        .await
    }
}

/// What checkout asks for.
pub(crate) fn purchase(email: &str) -> Value {
    json!({
        "email": email,
        "shipping_address": {
            "name": "Ada", "line1": "1 Rue du Marché", "city": "Luxembourg", "postal_code": "1728", "country": "LU",
        },
    })
}

/// The statuses that an order has passed.
pub(crate) fn story(order: &Value) -> Vec<&str> {
    order["timeline"].as_array().unwrap().iter().map(|moment| moment["status"].as_str().unwrap()).collect()
}
