//! Customers' carts: one per channel, nobody else's, joined by what was put aside as a guest.

use domain::{
    CartId, CustomerId, Tenant,
    account::{Customer, PasswordHash},
};
use serde_json::json;
use store::session::{Principal, Session};

use souk_tests::simulation::{World, rules};

const CARTS: &str = "/api/v1/public/market/cart";

/// A customer of the market, and the token of a session.
async fn customer(world: &World, email: &str) -> (CustomerId, String) {
    let now = world.store.now();
    let who = (email.parse().unwrap(), None);
    let account = Customer::new(world.ids.next(), Tenant::Platform, who, PasswordHash("x".to_owned()), now);
    let principal = Principal::Customer { customer_id: account.id, channel: Tenant::Platform };
    let (token, session) = (world.ids.token(), Session::starting(principal, now));
    store::account::register(&world.store, &account, (&token, &session)).await.unwrap();
    (account.id, token.reveal().clone())
}

fn id_of(cart: &serde_json::Value) -> String {
    cart["id"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_customer_has_one_current_cart_which_answers_to_nobody_else() {
    let world = World::new(40);
    let (_, ada) = customer(&world, "ada@example.org").await;
    let (_, eve) = customer(&world, "eve@example.org").await;
    let cart = id_of(&world.call("POST", CARTS, Some(&ada), None).await.expect(201));
    assert_eq!(id_of(&world.call("POST", CARTS, Some(&ada), None).await.expect(200)), cart);
    let path = format!("{CARTS}/{cart}");
    world.call("GET", &path, Some(&ada), None).await.expect(200);
    let strangers = [
        world.call("GET", &path, Some(&eve), None).await,
        world.call("GET", &path, None, None).await,
        world.call("DELETE", &path, Some(&eve), None).await,
    ];
    let never = format!("{CARTS}/{}", souk_tests::simulation::never_made::<CartId>());
    let nobodys = world.call("GET", &never, Some(&eve), None).await;
    for stranger in strangers {
        assert_eq!(stranger, nobodys);
    }
    assert_ne!(id_of(&world.call("POST", CARTS, Some(&eve), None).await.expect(201)), cart);
}

#[tokio::test(start_paused = true)]
async fn a_guests_cart_becomes_the_customers_or_joins_the_one_that_is_there() {
    let world = World::new(41);
    let shop = world.shop("tea-house").await;
    let (leaves, pot) =
        (world.product(&shop, "LEAVES", 4000, 9).await, world.product(&shop, "POT", 2000, 9).await);
    let (ada_id, ada) = customer(&world, "ada@example.org").await;
    let first = world.cart().await;
    world.add(&first, &leaves, 2).await.expect(200);
    store::cart::adopt(&world.store, &Tenant::Platform, ada_id, first.parse().unwrap()).await.unwrap();
    assert_eq!(id_of(&world.call("POST", CARTS, Some(&ada), None).await.expect(200)), first);
    rules::check(&world);

    let second = world.cart().await;
    world.add(&second, &leaves, 3).await.expect(200);
    world.add(&second, &pot, 1).await.expect(200);
    for _ in 0..2 {
        let joined =
            store::cart::adopt(&world.store, &Tenant::Platform, ada_id, second.parse().unwrap()).await;
        joined.unwrap();
    }
    let cart = world.call("GET", &format!("{CARTS}/{first}"), Some(&ada), None).await.expect(200);
    let items = cart["items"].as_array().unwrap();
    assert_eq!(items.iter().map(|item| item["quantity"].clone()).collect::<Vec<_>>(), [json!(5), json!(1)]);
    assert_eq!(world.get(&format!("{CARTS}/{second}")).await.status.as_u16(), 404);
    assert_eq!(world.stock(&leaves).await.reserved, 5);
    rules::check(&world);
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_cart_is_not_adopted() {
    let world = World::new(42);
    let (_, ada) = customer(&world, "ada@example.org").await;
    let (eve_id, eve) = customer(&world, "eve@example.org").await;
    let cart = id_of(&world.call("POST", CARTS, Some(&ada), None).await.expect(201));
    store::cart::adopt(&world.store, &Tenant::Platform, eve_id, cart.parse().unwrap()).await.unwrap();
    assert_eq!(world.call("GET", &format!("{CARTS}/{cart}"), Some(&eve), None).await.status.as_u16(), 404);
    world.call("GET", &format!("{CARTS}/{cart}"), Some(&ada), None).await.expect(200);
}
