use domain::{Id, LineId, OrderId, cart::Cart};
use events::{
    EventType,
    data::{CartChanged, CartItemAdded},
};

use crate::images::{SOFT_HOLD, at, cart, filled, kinds, told, variant};

fn next(before: &Cart, after: &Cart) -> Vec<EventType> {
    kinds(&told("cart", Some(before), after))
}

#[test]
fn a_cart_is_created_once() {
    let empty = cart();
    assert_eq!(kinds(&told("cart", None, &empty)), [EventType::CartCreated]);
    let claimed = Cart { customer_id: Some(Id::from_bits(9)), version: 2, ..empty.clone() };
    assert_eq!(next(&empty, &claimed), []);
}

#[test]
fn a_new_line_and_more_of_one_are_additions_and_less_is_none() {
    let one = cart().add(&variant(1, 9), 2, LineId::from_bits(1), at(1), SOFT_HOLD).unwrap();
    let added = told("cart", Some(&cart()), &one);
    assert_eq!(kinds(&added), [EventType::CartItemAdded]);
    let data: CartItemAdded = added[0].data().unwrap();
    assert_eq!((data.cart_id, data.item.item_id, data.item.quantity), (one.id, LineId::from_bits(1), 2));
    assert_eq!((data.item.unit_price, added[0].occurred_at), (1_250, at(1)));
    let more = one.add(&variant(1, 9), 3, LineId::from_bits(8), at(2), SOFT_HOLD).unwrap();
    let data: CartItemAdded = told("cart", Some(&one), &more)[0].data().unwrap();
    assert_eq!((data.item.item_id, data.item.quantity), (LineId::from_bits(1), 5));
    let other = more.add(&variant(2, 9), 1, LineId::from_bits(2), at(3), SOFT_HOLD).unwrap();
    let data: CartItemAdded = told("cart", Some(&more), &other)[0].data().unwrap();
    assert_eq!(data.item.item_id, LineId::from_bits(2));
    let less = other.set_quantity(&variant(1, 9), 1, at(4), SOFT_HOLD).unwrap();
    assert_eq!(next(&other, &less), []);
    assert_eq!(next(&less, &less.remove(LineId::from_bits(2), at(5), SOFT_HOLD).unwrap()), []);
}

#[test]
fn each_check_out_is_told_and_neither_the_way_back_nor_the_end() {
    let full = filled();
    let out = full.checked_out(OrderId::from_bits(1), at(3)).unwrap();
    let events = told("cart", Some(&full), &out);
    assert_eq!(kinds(&events), [EventType::CartCheckoutInitiated]);
    let data: CartChanged = events[0].data().unwrap();
    assert_eq!((data.order_id, data.items.len()), (Some(OrderId::from_bits(1)), 2));
    let back = out.reopened(OrderId::from_bits(1), at(40)).unwrap();
    assert_eq!(next(&out, &back), []);
    let again = back.checked_out(OrderId::from_bits(2), at(41)).unwrap();
    let second = told("cart", Some(&back), &again);
    assert_eq!(kinds(&second), [EventType::CartCheckoutInitiated]);
    assert_ne!(second[0].id, events[0].id);
    let bought =
        Cart { status: domain::cart::CartStatus::Completed, version: again.version + 1, ..again.clone() };
    assert_eq!(next(&again, &bought), []);
}

#[test]
fn a_cart_is_abandoned_when_its_holds_lapse_for_the_first_time_and_never_again() {
    let full = filled();
    let left = full.lapsed(at(17)).unwrap();
    let events = told("cart", Some(&full), &left);
    assert_eq!(kinds(&events), [EventType::CartAbandoned]);
    assert_eq!(events[0].occurred_at, at(17));
    let taken_up = left.add(&variant(1, 9), 1, LineId::from_bits(8), at(20), SOFT_HOLD).unwrap();
    assert_eq!(next(&left, &taken_up), [EventType::CartItemAdded]);
    let left_again = taken_up.lapsed(at(35)).unwrap();
    assert_eq!(next(&taken_up, &left_again), []);
    assert_eq!(next(&left_again, &left_again.expired(at(20_000)).unwrap()), []);
}

#[test]
fn what_is_taken_away_and_what_concerns_nobody_tell_nothing() {
    let gone = crate::images::image("cart", &cart());
    let change = events::Change { pk: "T#platform#X", sk: "X", old: Some(&gone), new: None, seen_at: at(0) };
    assert_eq!(events::of_change(&change).unwrap(), []);
    for kind in ["category", "ledger", "statement", "unique", "session", "mail", "nonsense"] {
        assert_eq!(told(kind, None, &serde_json::json!({"version": 1})), [], "{kind}");
    }
}

#[test]
fn an_image_that_is_not_what_it_says_is_an_error_that_names_its_kind() {
    let broken = crate::images::image("cart", &serde_json::json!({"id": "crt_1"}));
    let change =
        events::Change { pk: "T#platform#X", sk: "X", old: None, new: Some(&broken), seen_at: at(0) };
    assert_eq!(events::of_change(&change).unwrap_err().kind, "cart");
}
