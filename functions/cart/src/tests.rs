use std::time::Duration;

use axum::Router;
use domain::{
    Tenant,
    account::{Customer, PasswordHash},
};
use store::session::{Principal, Session};
use web::testing::{Answer, Call, World};

use crate::{Deps, app};

fn app_of(world: &World) -> Router {
    app(Deps {
        store: world.store.clone(),
        settings: world.settings(),
        ids: world.ids.clone(),
        soft_hold: Duration::from_secs(900),
    })
}

fn make() -> Call {
    Call::post("/api/v1/public/market/cart").with("idempotency-key", "1")
}

fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn guests_who_use_the_same_key_have_a_cart_each() {
    let world = World::default();
    let app = app_of(&world);
    // What they show may be the same too.
    for shown in [None, Some(("cookie", "consent=yes")), Some(("authorization", "Bearer guest"))] {
        let call = || shown.into_iter().fold(make(), |call, (header, value)| call.with(header, value));
        let (one, other) = (call().on(&app).await, call().on(&app).await);
        assert_eq!((one.status, other.status), (201, 201), "{shown:?}");
        assert_ne!(id(&one), id(&other), "{shown:?}");
        assert_eq!(other.header("idempotent-replayed"), None, "{shown:?}");
    }
}

#[tokio::test]
async fn a_customer_who_repeats_a_call_gets_the_cart_that_there_is() {
    let world = World::default();
    let app = app_of(&world);
    let (token, channel) = (world.ids.token(), Tenant::Platform);
    let who = ("ada@example.org".parse().unwrap(), None);
    let password = PasswordHash("x".to_owned());
    let customer = Customer::new(world.ids.next(), channel, who, password, world.now());
    let principal = Principal::Customer { customer_id: customer.id, channel };
    let session = Session::starting(principal, world.now());
    store::account::register(&world.store, &customer, (&token, &session)).await.unwrap();
    let (first, again) = (make().by(token.reveal()).on(&app).await, make().by(token.reveal()).on(&app).await);
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(id(&first), id(&again));
}
