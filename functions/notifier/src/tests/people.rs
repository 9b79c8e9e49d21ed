use store::invitation::{self, Invited};

use super::*;

#[tokio::test]
async fn a_new_vendors_owner_gets_a_link_that_opens_the_shop() {
    let world = World::new();
    let (vendor, owner) = world.vendor("tea", "owner@example.org").await;
    let mail = world.mail_of(&world.told(EventType::VendorCreated)).await;
    assert_eq!((mail.to.as_str(), mail.kind), ("owner@example.org", "vendor-welcome"));
    assert_eq!(mail.subject, "Open your shop \"Tea & Co\" on souk");
    assert!(mail.text.contains("https://console.example.com/activate?token="), "{}", mail.text);
    assert!(mail.text.contains("within 7 days"));
    let html = mail.html.as_ref().unwrap();
    assert!(html.contains("Tea &amp; Co") && html.contains(token(&mail).reveal()), "{html}");
    let invited = invitation::find(&world.deps.store, &token(&mail)).await.unwrap();
    assert_eq!(invited, Invited::Staff { vendor_id: vendor.id, staff_id: owner.id });
}

#[tokio::test]
async fn an_owner_who_has_been_here_is_not_invited_again() {
    let world = World::new();
    let (_, owner) = world.vendor("tea", "owner@example.org").await;
    let event = world.told(EventType::VendorCreated);
    let first = world.deps.ids.token();
    let invited = Invited::Staff { vendor_id: owner.vendor_id, staff_id: owner.id };
    invitation::create(&world.deps.store, &first, invited).await.unwrap();
    let session = Session::starting(Account::Staff(owner.clone()).principal(), world.now());
    let (name, password) = ("Ada".try_into().unwrap(), PasswordHash("x".to_owned()));
    account::activate(&world.deps.store, &first, &owner, name, password, (&world.deps.ids.token(), &session))
        .await
        .unwrap();
    for _ in 0..2 {
        world.deliver(&event).await.unwrap();
    }
    assert_eq!(world.mailer.sent(), []);
}

#[tokio::test]
async fn an_invited_admin_gets_a_link_and_one_with_a_password_nothing() {
    let world = World::new();
    let admin = world.admin("root@example.org", None).await;
    let mail = world.mail_of(&world.told(EventType::AdminInvited)).await;
    assert_eq!((mail.to.as_str(), mail.kind), ("root@example.org", "admin-invited"));
    assert!(mail.text.contains("https://console.example.com/admin/activate?token="), "{}", mail.text);
    assert!(mail.text.contains("as admin"), "{}", mail.text);
    let invited = invitation::find(&world.deps.store, &token(&mail)).await.unwrap();
    assert_eq!(invited, Invited::Admin { admin_id: admin.id });

    let active = world.admin("other@example.org", Some("x")).await;
    let event = Envelope {
        id: "evt_2".to_owned(),
        ..world.made_up(EventType::AdminInvited, Tenant::Platform, json!({"admin_id": active.id}))
    };
    world.deliver(&event).await.unwrap();
    assert_eq!(world.mailer.sent().len(), 1);
}

#[tokio::test]
async fn a_customer_is_welcomed_where_it_registered() {
    let world = World::new();
    world.customer(Tenant::Platform, "ada@example.org", Some("Ada")).await;
    let mail = world.mail_of(&world.told(EventType::CustomerRegistered)).await;
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("ada@example.org", "Welcome to souk"));
    assert!(
        mail.text.contains("Hello Ada,") && mail.text.contains("https://souk.example.com/market/account")
    );

    let world = World::new();
    let (vendor, _) = world.vendor("tea", "owner@example.org").await;
    world.customer(Tenant::Vendor(vendor.id), "ada@example.org", None).await;
    let mail = world.mail_of(&world.told(EventType::CustomerRegistered)).await;
    assert_eq!(mail.subject, "Welcome to Tea & Co");
    assert!(
        mail.text.contains("Hello,") && mail.text.contains("https://souk.example.com/vendors/tea/account")
    );
}

#[tokio::test]
async fn an_owner_is_told_how_an_import_went() {
    for (status, failed, subject) in [
        ("completed", 0, "Your import is done"),
        ("completed_with_errors", 3, "Your import is done, with 3 errors"),
        ("failed", 0, "Your import has failed"),
    ] {
        let world = World::new();
        let (vendor, _) = world.vendor("tea", "owner@example.org").await;
        let import: domain::ImportId = world.deps.ids.next();
        let data = json!({
            "import_id": import, "vendor_id": vendor.id, "status": status, "rows_total": 1200, "rows_failed": failed,
            "created": 700, "updated": 400, "unchanged": 97,
        });
        let event = world.made_up(EventType::ImportCompleted, Tenant::Vendor(vendor.id), data);
        let mail = world.mail_of(&event).await;
        assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("owner@example.org", subject));
        for line in ["Rows         1200", "New          700", "Updated      400", "Unchanged    97"] {
            assert!(mail.text.contains(line), "{}", mail.text);
        }
        assert!(
            mail.text.contains(&format!("https://console.example.com/imports/{import}")),
            "{}",
            mail.text
        );
        assert!(!mail.text.contains("\n\n\n"), "{}", mail.text);
    }
}
