use std::{cell::Cell, sync::Arc, time::Duration};

use async_trait::async_trait;
use table::memory::{Call, Fault, Gate};

use super::*;
use crate::testing::{World, email, token};

async fn try_as(world: &World, realm: Realm, address: &str, password: &str) -> Outcome {
    let check = |hash: Option<&PasswordHash>| hash.is_some_and(|hash| hash.0 == password);
    log_in(&world.store, realm, &email(address), &token("session"), check).await.unwrap()
}

async fn try_admin(world: &World, password: &str) -> Outcome {
    try_as(world, Realm::Admins, "root@example.org", password).await
}

async fn session_there(world: &World) -> bool {
    session::find(&world.store, &token("session")).await.unwrap().is_some()
}

#[tokio::test]
async fn the_right_password_opens_a_session() {
    let world = World::new();
    let admin = world.admin("root@example.org", Some("right")).await;
    let Outcome::In(account, session) = try_admin(&world, "right").await else { panic!("refused") };
    assert_eq!(*account, Account::Admin(admin));
    assert_eq!(session::find(&world.store, &token("session")).await.unwrap(), Some(session));
    assert_eq!(session.expires_at, world.now() + session::LIFETIME);
}

#[tokio::test]
async fn no_such_address_no_password_yet_and_a_wrong_one_look_and_cost_alike() {
    let world = World::new();
    world.admin("root@example.org", Some("right")).await;
    world.admin("invited@example.org", None).await;
    let before = world.table.dump();
    world.table.meter().take();
    let mut trips = Vec::new();
    for address in ["root@example.org", "invited@example.org", "nobody@example.org"] {
        let checks = Cell::new(0);
        let check = |_: Option<&PasswordHash>| {
            checks.set(checks.get() + 1);
            false
        };
        let outcome = log_in(&world.store, Realm::Admins, &email(address), &token("session"), check).await;
        assert_eq!(outcome.unwrap(), Outcome::Refused, "{address}");
        assert_eq!(checks.get(), 1, "{address}");
        trips.push(world.table.meter().take().round_trips);
    }
    assert_eq!(trips, [3, 3, 3]);
    // Nothing is kept of those who do not exist.
    assert_eq!(world.table.dump().len(), before.len());
    assert!(!session_there(&world).await);
}

#[tokio::test]
async fn an_address_is_looked_for_in_its_realm_alone() {
    let world = World::new();
    let shop = Tenant::Vendor(domain::Id::from_bits(1));
    world.admin("root@example.org", Some("right")).await;
    world.customer(shop, "root@example.org").await.unwrap();
    assert!(matches!(
        try_as(&world, Realm::Customers(shop), "root@example.org", "right").await,
        Outcome::In(..)
    ));
    for realm in [Realm::Staff, Realm::Customers(Tenant::Platform)] {
        assert_eq!(try_as(&world, realm, "root@example.org", "right").await, Outcome::Refused, "{realm:?}");
    }
}

#[tokio::test]
async fn three_wrong_passwords_lock_the_account_even_for_the_right_one() {
    let world = World::new();
    world.admin("root@example.org", Some("right")).await;
    for _ in 0..3 {
        assert_eq!(try_admin(&world, "wrong").await, Outcome::Refused);
    }
    let minute = Duration::from_secs(60);
    assert_eq!(try_admin(&world, "right").await, Outcome::Locked(world.now() + minute));
    world.clock.advance(minute);
    assert_eq!(try_admin(&world, "wrong").await, Outcome::Refused);
    assert_eq!(try_admin(&world, "right").await, Outcome::Locked(world.now() + 2 * minute));
    world.clock.advance(2 * minute);
    assert!(matches!(try_admin(&world, "right").await, Outcome::In(..)));
}

#[tokio::test]
async fn the_right_password_forgives_the_wrong_ones_before_it() {
    let world = World::new();
    world.admin("root@example.org", Some("right")).await;
    for _ in 0..3 {
        for _ in 0..2 {
            assert_eq!(try_admin(&world, "wrong").await, Outcome::Refused);
        }
        assert!(matches!(try_admin(&world, "right").await, Outcome::In(..)));
    }
    let account = account::admin_by_email(&world.store, &email("root@example.org")).await.unwrap();
    assert_eq!(account.attempts, Attempts::default());
    assert_eq!(account.version, 1);
}

/// Lets the others go first at each call, so that guesses overlap as far as they can.
struct Yielding;

#[async_trait]
impl Gate for Yielding {
    async fn enter(&self, _: &Call) -> Fault {
        tokio::task::yield_now().await;
        Fault::None
    }
}

#[tokio::test]
async fn guesses_made_at_once_are_no_more_than_guesses_made_in_turn() {
    let world = World::behind(Arc::new(Yielding));
    world.admin("root@example.org", Some("p15")).await;
    let address = email("root@example.org");
    let guesses = (0..20).map(|guess| {
        let (store, address) = (world.store.clone(), address.clone());
        async move {
            let check = |hash: Option<&PasswordHash>| hash.is_some_and(|hash| hash.0 == format!("p{guess}"));
            log_in(&store, Realm::Admins, &address, &token("session"), check).await
        }
    });
    let outcomes = futures::future::join_all(guesses).await;
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Outcome::Refused))).count();
    let locked = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Outcome::Locked(_)))).count();
    assert_eq!((refused, locked), (3, 17), "{outcomes:?}");
    assert!(!session_there(&world).await);
}

#[tokio::test]
async fn people_who_know_the_password_do_not_lock_each_other_out() {
    let world = World::behind(Arc::new(Yielding));
    world.admin("root@example.org", Some("right")).await;
    let entries = (0..20).map(|_| try_admin(&world, "right"));
    let outcomes = futures::future::join_all(entries).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::In(..))));
}
