//! An event's id: the same for a repeat, another for everything else.

use std::collections::BTreeSet;

use domain::{Id, LineId, variant::Variant};
use events::Change;

use crate::images::{SOFT_HOLD, at, cart, image, told, told_at, variant};

#[test]
fn a_repeat_has_the_same_ids() {
    let (old, new) = (cart(), cart().add(&variant(1, 5), 2, LineId::from_bits(1), at(1), SOFT_HOLD).unwrap());
    assert_eq!(told("cart", Some(&old), &new), told("cart", Some(&old), &new));
    // The stream's batch came again later, or another item's time was taken.
    let ids = |minute| {
        told_at("cart", None, &new, at(minute)).into_iter().map(|event| event.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(1), ids(2));
}

#[test]
fn ids_have_one_form() {
    for event in told("cart", None, &cart()) {
        let digits = event.id.strip_prefix("evt_").unwrap();
        assert!(digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{}", event.id);
    }
}

#[test]
fn events_of_one_change_differ() {
    let one = cart().add(&variant(1, 5), 1, LineId::from_bits(1), at(1), SOFT_HOLD).unwrap();
    let two = one.add(&variant(2, 5), 1, LineId::from_bits(2), at(1), SOFT_HOLD).unwrap();
    // Created with two lines: three events, two of them of one type.
    let events = told("cart", None, &two);
    let ids: BTreeSet<_> = events.iter().map(|event| &event.id).collect();
    assert_eq!((events.len(), ids.len()), (3, 3));
}

#[test]
fn each_write_of_a_variant_has_events_of_its_own_though_its_version_stays() {
    let level = |reserved, revision| {
        let mut variant = Variant { revision, ..variant(1, 5) };
        (variant.stock.available, variant.stock.reserved) = (5 - reserved, reserved);
        variant
    };
    // Held, released, held again: version counts none of it.
    let steps = [level(0, 1), level(2, 2), level(0, 3), level(2, 4)];
    let ids: BTreeSet<_> = steps
        .windows(2)
        .flat_map(|pair| told("variant", Some(&pair[0]), &pair[1]))
        .map(|event| event.id)
        .collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn the_same_change_of_another_item_is_another_event() {
    let new = image("cart", &cart());
    let id = |pk, sk| {
        let change = Change { pk, sk, old: None, new: Some(&new), seen_at: at(0) };
        events::of_change(&change).unwrap().remove(0).id
    };
    let ids: BTreeSet<_> = [id("T#platform#A", "X"), id("T#platform#B", "X"), id("T#platform#A", "Y")].into();
    assert_eq!(ids.len(), 3);
}

#[test]
fn who_made_the_change_and_why_travel_with_it() {
    let mut new = image("cart", &cart());
    new.insert("actor".to_owned(), "cus_1".into());
    new.insert("correlation_id".to_owned(), "req-1".into());
    let change = Change { pk: "T#platform#A", sk: "X", old: None, new: Some(&new), seen_at: at(0) };
    let event = events::of_change(&change).unwrap().remove(0);
    assert_eq!((event.actor.as_deref(), event.correlation_id.as_deref()), (Some("cus_1"), Some("req-1")));
}
