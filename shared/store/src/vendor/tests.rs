use domain::payouts::AccountReport;

use super::*;
use crate::testing::World;

async fn set_status(world: &World, vendor: &Vendor, status: VendorStatus) -> Vendor {
    let next = Vendor { status, version: vendor.version + 1, ..vendor.clone() };
    world.store.table.write(replace(&next).unwrap()).await.unwrap();
    next
}

#[tokio::test]
async fn slugs_and_owners_addresses_are_unique_and_a_refused_vendor_leaves_nothing() {
    let world = World::new();
    world.vendor("tea", "owner@example.org").await.unwrap();
    let before = world.table.dump();
    let other = |slug, address| {
        let (vendor, owner) = world.proposed("other", address);
        (Vendor { slug: Slug::try_from(String::from(slug)).unwrap(), ..vendor }, owner)
    };
    for (slug, address, taken) in [
        ("tea", "other@example.org", "slug"),
        ("coffee", "owner@example.org", "email"),
        ("tea", "owner@example.org", "slug"),
    ] {
        let (vendor, owner) = other(slug, address);
        match create(&world.store, &vendor, &owner).await {
            Err(Error::Taken(what)) => assert_eq!(what, taken),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(world.table.dump(), before);
}

#[tokio::test]
async fn a_shop_that_opens_is_seen_at_once_and_one_that_closes_within_half_a_minute() {
    let world = World::new();
    let (pending, _) = world.vendor("tea", "owner@example.org").await.unwrap();
    let status = async || by_slug(&world.store, &pending.slug).await.unwrap().status;
    assert_eq!(status().await, VendorStatus::Pending);
    let active = set_status(&world, &pending, VendorStatus::Active).await;
    assert_eq!(status().await, VendorStatus::Active);
    set_status(&world, &active, VendorStatus::Suspended).await;
    world.clock.advance(FRESH - Duration::from_millis(1));
    assert_eq!(status().await, VendorStatus::Active);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(status().await, VendorStatus::Suspended);
}

#[tokio::test]
async fn lists_are_paged_to_their_end_with_and_without_a_status() {
    let world = World::new();
    let mut made = Vec::new();
    for number in 0..7 {
        let (vendor, _) =
            world.vendor(&format!("tea-{number}"), &format!("o{number}@example.org")).await.unwrap();
        let active = number % 2 == 0;
        made.push(if active { set_status(&world, &vendor, VendorStatus::Active).await } else { vendor });
    }
    for (status, expected) in [(None, 7), (Some(VendorStatus::Active), 4), (Some(VendorStatus::Closed), 0)] {
        let mut paging = Paging { limit: 2, cursor: None };
        let mut seen = Vec::new();
        loop {
            let page = list(&world.store, status, &paging).await.unwrap();
            assert!(page.data.len() <= 2);
            seen.extend(page.data);
            let Some(next) = page.next_cursor else { break };
            paging.cursor = Some(next);
        }
        assert_eq!(seen.len(), expected, "{status:?}");
        assert!(seen.iter().all(|vendor| made.contains(vendor)));
        seen.dedup_by_key(|vendor| vendor.id);
        assert_eq!(seen.len(), expected, "{status:?}");
    }
}

#[tokio::test]
async fn a_cursor_of_one_status_does_not_read_another() {
    let world = World::new();
    for number in 0..3 {
        world.vendor(&format!("tea-{number}"), &format!("o{number}@example.org")).await.unwrap();
    }
    let paging = Paging { limit: 1, cursor: None };
    let page = list(&world.store, Some(VendorStatus::Pending), &paging).await.unwrap();
    let paging = Paging { limit: 1, cursor: page.next_cursor };
    let other = list(&world.store, Some(VendorStatus::Active), &paging).await;
    assert!(matches!(other, Err(Error::BadCursor)));
}

#[tokio::test]
async fn several_vendors_come_in_the_order_of_their_ids_and_missing_ones_not_at_all() {
    let world = World::new();
    let (one, _) = world.vendor("tea", "a@example.org").await.unwrap();
    let (two, _) = world.vendor("coffee", "b@example.org").await.unwrap();
    let missing = world.proposed("milk", "c@example.org").0.id;
    assert_eq!(get_all(&world.store, &[two.id, missing, one.id]).await.unwrap(), [two, one]);
    assert_eq!(get_all(&world.store, &[]).await.unwrap(), []);
}

#[tokio::test]
async fn an_account_is_noted_once_and_told_of_by_the_latest() {
    let world = World::new();
    let (vendor, _) = world.vendor("tea", "a@example.org").await.unwrap();
    let told = |account: &str, takes_transfers, at| {
        Payouts::from(AccountReport {
            account_id: account.to_owned(),
            takes_transfers,
            details_submitted: true,
            wanted: Vec::new(),
            held_back: (!takes_transfers).then(|| "requirements.past_due".to_owned()),
            at: Timestamp::from_ms(at),
        })
    };
    assert!(!report_account(&world.store, vendor.id, &told("acct_1", true, 9)).await.unwrap());
    for _ in 0..2 {
        let opened = open_account(&world.store, vendor.id, &told("acct_1", false, 1)).await.unwrap();
        assert_eq!(opened.payouts, told("acct_1", false, 1));
    }
    let other = open_account(&world.store, vendor.id, &told("acct_2", true, 2)).await;
    assert!(matches!(other, Err(Error::VersionConflict)));
    for (report, news) in [
        (told("acct_1", true, 5), true),
        (told("acct_1", true, 5), false),
        (told("acct_1", false, 4), false),
        (told("acct_2", false, 6), false),
    ] {
        assert_eq!(report_account(&world.store, vendor.id, &report).await.unwrap(), news);
    }
    assert_eq!(get(&world.store, vendor.id).await.unwrap().payouts, told("acct_1", true, 5));
    assert!(report_account(&world.store, vendor.id, &told("acct_1", false, 5)).await.unwrap());
}

#[tokio::test]
async fn a_feed_is_set_for_a_vendor_that_exists_alone() {
    let world = World::new();
    let (vendor, _) = world.vendor("tea", "a@example.org").await.unwrap();
    let settings = Marketplace {
        csv_url: "https://feeds.example.org/tea.csv".to_owned(),
        currency: domain::Currency::EUR,
        language: "de".to_owned(),
    };
    let set = set_marketplace(&world.store, vendor.id, &settings).await.unwrap();
    assert_eq!((set.marketplace, set.version), (Some(settings.clone()), 2));
    let missing = world.proposed("milk", "c@example.org").0.id;
    assert!(matches!(set_marketplace(&world.store, missing, &settings).await, Err(Error::NotFound)));
}
