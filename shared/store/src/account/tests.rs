use domain::Id;

use super::*;
use crate::testing::{World, email, hash, token};

fn session_of(world: &World, account: &Account) -> Session {
    Session::starting(account.principal(), world.now())
}

async fn invite(world: &World, staff: &Staff, text: &str) {
    let invited = Invited::Staff { vendor_id: staff.vendor_id, staff_id: staff.id };
    invitation::create(&world.store, &token(text), invited).await.unwrap();
}

async fn take_up(world: &World, staff: &Staff, text: &str) -> Result<(), Error> {
    let session = session_of(world, &Account::Staff(staff.clone()));
    let name = Text::try_from("Ada").unwrap();
    activate(&world.store, &token(text), staff, name, hash("secret"), (&token("session"), &session)).await
}

#[tokio::test]
async fn an_owner_who_takes_up_the_invitation_opens_the_shop_and_is_logged_in() {
    let world = World::new();
    let (shop, owner) = world.vendor("tea", "owner@example.org").await.unwrap();
    invite(&world, &owner, "first").await;
    take_up(&world, &owner, "first").await.unwrap();

    let active = staff_by_email(&world.store, &email("owner@example.org")).await.unwrap();
    assert_eq!(
        (active.status, active.password, active.version),
        (AccountStatus::Active, Some(hash("secret")), 2)
    );
    let opened = vendor::get(&world.store, shop.id).await.unwrap();
    assert_eq!(
        (opened.status, opened.activated_at, opened.version),
        (VendorStatus::Active, Some(world.now()), 2)
    );
    let session = session::find(&world.store, &token("session")).await.unwrap().unwrap();
    assert_eq!(session.principal, Account::Staff(owner).principal());
    assert!(matches!(invitation::find(&world.store, &token("first")).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn an_invitation_is_taken_up_once_and_of_several_the_first() {
    let world = World::new();
    let (_, owner) = world.vendor("tea", "owner@example.org").await.unwrap();
    invite(&world, &owner, "first").await;
    invite(&world, &owner, "second").await;
    take_up(&world, &owner, "first").await.unwrap();
    assert!(matches!(take_up(&world, &owner, "first").await, Err(Error::NotFound)));
    // Who had read the account before it was active loses.
    assert!(matches!(take_up(&world, &owner, "second").await, Err(Error::VersionConflict)));
}

#[tokio::test]
async fn invitations_name_whom_they_invite_until_one_is_taken_up() {
    let world = World::new();
    let (_, owner) = world.vendor("tea", "owner@example.org").await.unwrap();
    let admin = world.admin("root@example.org", None).await;
    invite(&world, &owner, "first").await;
    invite(&world, &owner, "second").await;
    invitation::create(&world.store, &token("admin"), Invited::Admin { admin_id: admin.id }).await.unwrap();
    assert_eq!(invited(&world.store, &token("second")).await.unwrap(), Account::Staff(owner.clone()));
    assert_eq!(invited(&world.store, &token("admin")).await.unwrap(), Account::Admin(admin.clone()));
    take_up(&world, &owner, "first").await.unwrap();
    set_admin_password(&world.store, &admin, hash("secret")).await.unwrap();
    for text in ["first", "second", "admin", "never made"] {
        assert!(matches!(invited(&world.store, &token(text)).await, Err(Error::NotFound)), "{text}");
    }
}

#[tokio::test]
async fn a_suspended_shop_is_not_opened_by_an_invitation() {
    let world = World::new();
    let (shop, owner) = world.vendor("tea", "owner@example.org").await.unwrap();
    let suspended = domain::vendor::Vendor { status: VendorStatus::Suspended, version: 2, ..shop.clone() };
    world.store.table.write(vendor::replace(&suspended).unwrap()).await.unwrap();
    invite(&world, &owner, "first").await;
    take_up(&world, &owner, "first").await.unwrap();
    assert_eq!(vendor::get(&world.store, shop.id).await.unwrap(), suspended);
}

#[tokio::test]
async fn an_address_is_one_account_among_its_own_kind() {
    let world = World::new();
    let shop = Tenant::Vendor(Id::from_bits(7));
    world.admin("ada@example.org", None).await;
    world.vendor("tea", "ada@example.org").await.unwrap();
    let here = world.customer(shop, "ada@example.org").await.unwrap();
    let there = world.customer(Tenant::Platform, "ada@example.org").await.unwrap();
    assert_ne!(here.id, there.id);

    assert!(matches!(world.customer(shop, "ada@example.org").await, Err(Error::Taken("email"))));
    let again = Admin::new(Id::from_bits(99), email("ada@example.org"), None, world.now());
    assert!(matches!(create_admin(&world.store, &again).await, Err(Error::Taken("email"))));
    let found = customer_by_email(&world.store, &shop, &email("ada@example.org")).await.unwrap();
    assert_eq!(found, here);
    assert!(matches!(customer(&world.store, &Tenant::Platform, here.id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_refused_registration_opens_no_session() {
    let world = World::new();
    world.customer(Tenant::Platform, "ada@example.org").await.unwrap();
    let before = world.table.dump();
    assert!(world.customer(Tenant::Platform, "ada@example.org").await.is_err());
    assert_eq!(world.table.dump(), before);
}

#[tokio::test]
async fn an_admin_takes_up_an_invitation_once() {
    let world = World::new();
    let admin = world.admin("root@example.org", None).await;
    let invited = Invited::Admin { admin_id: admin.id };
    invitation::create(&world.store, &token("first"), invited).await.unwrap();
    let session = session_of(&world, &Account::Admin(admin.clone()));
    for expected in [true, false] {
        let entered = (token("session"), session);
        let done =
            activate_admin(&world.store, &token("first"), &admin, hash("secret"), (&entered.0, &entered.1))
                .await;
        assert_eq!(done.is_ok(), expected);
        assert!(expected || matches!(done, Err(Error::NotFound)));
    }
    let active = admin_by_email(&world.store, &email("root@example.org")).await.unwrap();
    assert_eq!((active.status, active.password), (AccountStatus::Active, Some(hash("secret"))));
}

#[tokio::test]
async fn a_password_set_by_hand_loses_against_one_that_was_set_meanwhile() {
    let world = World::new();
    let admin = world.admin("root@example.org", None).await;
    set_admin_password(&world.store, &admin, hash("one")).await.unwrap();
    let late = set_admin_password(&world.store, &admin, hash("two")).await;
    assert!(matches!(late, Err(Error::VersionConflict)));
    let kept = super::admin(&world.store, admin.id).await.unwrap();
    assert_eq!((kept.status, kept.password, kept.version), (AccountStatus::Active, Some(hash("one")), 2));
}

#[tokio::test]
async fn no_key_holds_an_address_and_none_is_an_unset_attribute() {
    let world = World::new();
    world.admin("root@example.org", None).await;
    world.vendor("tea", "owner@example.org").await.unwrap();
    world.customer(Tenant::Platform, "ada@example.org").await.unwrap();
    for item in world.table.dump() {
        assert!(!item.key.to_string().contains('@'), "{}", item.key);
        assert!(item.doc.values().all(|value| !value.is_null()), "{}", item.key);
        assert!(item.str("entity").is_some(), "{}", item.key);
    }
}
