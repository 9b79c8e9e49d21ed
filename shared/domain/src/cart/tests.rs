use proptest::prelude::*;

use super::{
    testing::{SOFT, at, empty, line, variant, with},
    *,
};
use crate::{Id, moves::Place, variant::Variant};

fn reserved(cart: &Cart) -> u32 {
    cart.holdings().filter(|held| held.place == Place::Reserved).map(|held| held.units).sum()
}

#[test]
fn goods_that_are_in_the_cart_become_more_on_their_line() {
    let cart = with(&[(1, 2), (1, 3)]);
    assert_eq!((cart.lines.len(), cart.lines[0].quantity, reserved(&cart)), (1, 5, 5));
    assert_eq!(cart.subtotal().unwrap().amount, 5000);
    for quantity in [0, 995, 1_000] {
        let refused = cart.add(&variant(1, 1, "EUR"), quantity, line(9), at(0), SOFT);
        assert_eq!(refused, Err(CartError::Quantity), "{quantity}");
    }
}

#[test]
fn tax_is_rounded_once_per_rate() {
    let taxed = |n, basis_points: u32| Variant {
        price: Money::new(100, Currency::EUR),
        tax_rate: TaxRate::try_from(basis_points).unwrap(),
        ..variant(n, 1, "EUR")
    };
    let goods = [taxed(1, 1700), taxed(2, 1700), taxed(3, 800)];
    let cart = goods
        .iter()
        .zip(1..)
        .fold(empty(), |cart, (variant, n)| cart.add(variant, 1, line(n), at(0), SOFT).unwrap());
    // 29.06 of both at 17%, where 14.53 of each would be 30; and 7.41.
    assert_eq!(cart.tax(), 29 + 7);
    assert_eq!(empty().tax(), 0);
}

#[test]
fn a_new_quantity_is_at_the_price_of_now() {
    let cart = with(&[(1, 2)]);
    let dearer = Variant { price: Money::new(1_100, Currency::EUR), ..variant(1, 1, "EUR") };
    let next = cart.set_quantity(&dearer, 2, at(1), SOFT).unwrap();
    assert_eq!((next.subtotal().unwrap().amount, next.version), (2_200, cart.version + 1));
    let gone = Variant { sellable: false, ..dearer };
    assert_eq!(cart.set_quantity(&gone, 2, at(1), SOFT), Err(CartError::NotForSale));
    assert_eq!(cart.set_quantity(&variant(2, 1, "EUR"), 1, at(1), SOFT), Err(CartError::NoSuchLine));
    assert!(matches!(
        cart.set_quantity(&variant(1, 1, "USD"), 1, at(1), SOFT),
        Err(CartError::CurrencyMismatch(_))
    ));
}

#[test]
fn a_change_slides_all_holds_and_gives_up_what_has_lapsed_first() {
    let cart = with(&[(1, 2)]);
    let in_time = cart.add(&variant(2, 1, "EUR"), 1, line(2), at(14), SOFT).unwrap();
    assert_eq!((reserved(&in_time), in_time.held_until), (3, Some(at(29))));
    let too_late = cart.add(&variant(2, 1, "EUR"), 1, line(2), at(15), SOFT).unwrap();
    assert_eq!((reserved(&too_late), too_late.held_until), (1, Some(at(30))));
    assert_eq!(too_late.lines[0].hold, Hold::Released);
}

#[test]
fn a_cart_has_room_for_50_lines_of_20_vendors() {
    let full = (0..50)
        .fold(empty(), |cart, n| cart.add(&variant(n, n % 20, "EUR"), 1, line(n), at(0), SOFT).unwrap());
    assert_eq!(full.add(&variant(50, 1, "EUR"), 1, line(50), at(0), SOFT), Err(CartError::Full));
    assert!(full.add(&variant(49, 9, "EUR"), 1, line(50), at(0), SOFT).is_ok());
    let many =
        (0..20).fold(empty(), |cart, n| cart.add(&variant(n, n, "EUR"), 1, line(n), at(0), SOFT).unwrap());
    assert_eq!(many.add(&variant(20, 20, "EUR"), 1, line(20), at(0), SOFT), Err(CartError::Full));
}

#[test]
fn a_cart_has_one_currency_until_it_is_empty() {
    let cart = with(&[(1, 1)]);
    let other = variant(2, 1, "USD");
    assert!(matches!(cart.add(&other, 1, line(2), at(0), SOFT), Err(CartError::CurrencyMismatch(_))));
    let emptied = cart.remove(line(1), at(1), SOFT).unwrap();
    assert_eq!((emptied.held_until, emptied.due_at()), (None, None));
    assert!(emptied.add(&other, 1, line(2), at(1), SOFT).is_ok());
}

#[test]
fn what_is_over_takes_no_change() {
    let cart = with(&[(1, 1)]);
    let week = 7 * 24 * 60;
    assert!(cart.add(&variant(1, 1, "EUR"), 1, line(2), at(week - 1), SOFT).is_ok());
    let refused = Err(CartError::NotActive(CartStatus::Expired));
    assert_eq!(cart.add(&variant(1, 1, "EUR"), 1, line(2), at(week), SOFT), refused);
    assert_eq!(cart.checked_out(OrderId::from_bits(1), at(week)), refused);
    let ended = cart.expired(at(week)).unwrap();
    assert_eq!((ended.status, reserved(&ended), ended.expired(at(week))), (CartStatus::Expired, 0, None));
    assert_eq!(ended.abandoned_at, Some(at(week)));
}

#[test]
fn a_cart_checks_out_once_and_reopens_for_its_own_order_only() {
    let (one, other) = (OrderId::from_bits(1), OrderId::from_bits(2));
    let cart = with(&[(1, 2)]).checked_out(one, at(1)).unwrap();
    assert_eq!((cart.status, reserved(&cart)), (CartStatus::Checkout, 0));
    assert_eq!(cart.checked_out(other, at(1)), Err(CartError::NotActive(CartStatus::Checkout)));
    assert_eq!(cart.reopened(other, at(2)), None);
    let again = cart.reopened(one, at(2)).unwrap();
    assert_eq!((again.status, again.order_id, reserved(&again)), (CartStatus::Active, None, 0));
    assert_eq!(empty().checked_out(one, at(1)), Err(CartError::Empty));
}

#[test]
fn a_guests_lines_join_and_are_held_where_both_were() {
    let mine = with(&[(1, 2), (2, 1)]);
    let guest = with(&[(1, 3), (3, 1)]);
    let joined = mine.joined_by(&guest, at(5)).unwrap();
    assert_eq!(joined.lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [5, 1, 1]);
    assert_eq!((reserved(&joined), joined.held_until), (7, Some(at(15))));
    // The guest's holds are over: what both had is held no more.
    let late =
        mine.add(&variant(2, 1, "EUR"), 1, line(2), at(10), SOFT).unwrap().joined_by(&guest, at(16)).unwrap();
    assert_eq!(reserved(&late), 2);
}

#[test]
fn every_state_and_event_has_an_answer_and_a_repeat_changes_nothing() {
    for state in CartStatus::ALL {
        for event in [CartEvent::CheckedOut, CartEvent::Reopened, CartEvent::Bought, CartEvent::Expired] {
            if let Ok(next) = state.on(event) {
                assert_eq!(next.on(event), Ok(next), "{state:?} {event:?}");
            }
        }
    }
    assert!(CartStatus::Completed.on(CartEvent::Reopened).is_err());
    assert!(CartStatus::Checkout.on(CartEvent::Expired).is_err());
}

#[derive(Clone, Debug)]
enum Step {
    Add(u128, u32),
    Set(usize, u32),
    Remove(usize),
    Lapse,
    Pass(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0_u128..5, 1_u32..10).prop_map(|(n, quantity)| Step::Add(n, quantity)),
        (0_usize..5, 1_u32..10).prop_map(|(at, quantity)| Step::Set(at, quantity)),
        (0_usize..5).prop_map(Step::Remove),
        Just(Step::Lapse),
        (0_i64..20).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    /// Whatever a customer does, what was moved is what the lines hold.
    #[test]
    fn moves_add_up_to_what_is_held(steps in steps()) {
        let mut cart = empty();
        let mut minute = 0;
        let mut on_shelf: BTreeMap<VariantRef, i64> = BTreeMap::new();
        let mut next_line = 0;
        for step in steps {
            let lines: Vec<LineId> = cart.lines.iter().map(|line| line.id).collect();
            let next = match step {
                Step::Add(n, quantity) => {
                    next_line += 1;
                    cart.add(&variant(n, 1, "EUR"), quantity, line(next_line), at(minute), SOFT).ok()
                }
                Step::Set(n, quantity) => {
                    let goods = variant(n as u128, 1, "EUR");
                    cart.set_quantity(&goods, quantity, at(minute), SOFT).ok()
                }
                Step::Remove(n) => lines.get(n).and_then(|id| cart.remove(*id, at(minute), SOFT).ok()),
                Step::Lapse => cart.lapsed(at(minute)),
                Step::Pass(minutes) => {
                    minute += minutes;
                    None
                }
            };
            let Some(next) = next else { continue };
            for (place, moved) in cart.moves_to(&next).iter() {
                prop_assert_eq!(moved.available, -moved.reserved);
                *on_shelf.entry(*place).or_default() += moved.available;
            }
            cart = next;
            for (place, taken) in &on_shelf {
                let held: u32 = cart.holdings()
                    .filter(|held| held.variant == *place && held.place == Place::Reserved)
                    .map(|held| held.units)
                    .sum();
                prop_assert_eq!(i64::from(held), -taken);
            }
            let holds = cart.lines.iter().any(|line| line.hold == Hold::Soft);
            prop_assert_eq!(holds, cart.held_until.is_some());
        }
    }
}
