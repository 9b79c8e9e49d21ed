use domain::variant::{Adjustment, Stock, StockReason, Stripes, Variant};
use events::{EventType, data::StockChanged};

use crate::images::{at, told_at, variant};

/// What a change of the counters tells, by which nothing was sold: type and units.
fn moved(from: [i64; 3], to: [i64; 3]) -> Vec<(EventType, i64)> {
    sold(0, from, to)
}

/// The same of a change by which so many units were sold.
fn sold(units: i64, from: [i64; 3], to: [i64; 3]) -> Vec<(EventType, i64)> {
    let with = |[available, reserved, allocated]: [i64; 3], sold, revision| Variant {
        stock: Stock { on_hand: available + reserved + allocated, available, reserved, allocated, sold },
        revision,
        ..variant(1, 0)
    };
    let (old, new) = (with(from, 4, 1), with(to, 4 + units, 2));
    told_at("variant", Some(&old), &new, at(7))
        .iter()
        .map(|event| {
            let data: StockChanged = event.data().unwrap();
            let now = Stock {
                on_hand: data.on_hand,
                available: data.available,
                reserved: data.reserved,
                allocated: data.allocated,
                sold: 4 + units,
            };
            assert_eq!((now, event.occurred_at), (new.stock, at(7)));
            (event.kind, data.units)
        })
        .collect()
}

#[test]
fn a_new_variant_tells_its_first_level() {
    for on_hand in [0, 5] {
        let events = told_at("variant", None, &variant(1, on_hand), at(7));
        let data: StockChanged = events[0].data().unwrap();
        assert_eq!((events.len(), events[0].kind, data.units), (1, EventType::StockCreated, on_hand));
    }
}

#[test]
fn what_the_vendor_counts_is_an_update_and_nothing_else() {
    assert_eq!(moved([5, 2, 1], [9, 2, 1]), [(EventType::StockUpdated, 4)]);
    assert_eq!(moved([5, 2, 1], [0, 2, 1]), [(EventType::StockUpdated, -5)]);
}

#[test]
fn what_runs_out_and_comes_back_is_told_once_whatever_is_held() {
    let level = |on_hand, reserved, threshold, revision| Variant {
        stock: Stock { on_hand, available: on_hand - reserved, reserved, ..Stock::default() },
        low_stock_threshold: threshold,
        revision,
        ..variant(1, 0)
    };
    let told = |old: &Variant, new: &Variant| -> Vec<EventType> {
        let told = told_at("variant", Some(old), new, at(7)).into_iter().map(|event| event.kind);
        told.filter(|kind| matches!(kind, EventType::StockLow | EventType::StockBack)).collect()
    };
    let (low, back) = (vec![EventType::StockLow], vec![EventType::StockBack]);
    assert_eq!(told(&level(4, 0, Some(3), 1), &level(3, 0, Some(3), 2)), low);
    assert_eq!(told(&level(9, 0, Some(3), 1), &level(0, 0, Some(3), 2)), low);
    assert_eq!(told(&level(3, 0, Some(3), 1), &level(2, 0, Some(3), 2)), []);
    assert_eq!(told(&level(2, 0, Some(3), 1), &level(3, 0, Some(3), 2)), []);
    assert_eq!(told(&level(4, 0, None, 1), &level(0, 0, None, 2)), []);
    // Held units are in the house; a threshold that was just set is no news to who set it.
    assert_eq!(told(&level(4, 0, Some(3), 1), &level(4, 4, Some(3), 2)), []);
    assert_eq!(told(&level(4, 0, Some(3), 1), &level(4, 0, Some(5), 2)), []);
    assert_eq!(told(&level(0, 0, Some(3), 1), &level(1, 0, Some(3), 2)), back);
    assert_eq!(told(&level(1, 1, None, 1), &level(1, 0, None, 2)), []);
}

#[test]
fn an_adjustment_tells_its_reason_and_later_changes_do_not() {
    let made =
        |delta, ms| Adjustment { delta, reason: StockReason::Damaged, at: domain::Timestamp::from_ms(ms) };
    let with = |on_hand, adjustment, revision| Variant {
        stock: Stock { on_hand, available: on_hand, ..Stock::default() },
        adjustment,
        revision,
        ..variant(1, 0)
    };
    let reason = |old: &Variant, new: &Variant| {
        let data: StockChanged = told_at("variant", Some(old), new, at(7))[0].data().unwrap();
        data.reason
    };
    let damaged = with(8, Some(made(-2, 1)), 2);
    assert_eq!(reason(&with(10, None, 1), &damaged), Some(StockReason::Damaged));
    assert_eq!(reason(&damaged, &with(7, Some(made(-2, 1)), 3)), None);
    assert_eq!(reason(&damaged, &with(6, Some(made(-2, 2)), 3)), Some(StockReason::Damaged));
}

#[test]
fn units_are_reserved_from_the_shelf_and_released_to_it() {
    assert_eq!(moved([5, 0, 0], [3, 2, 0]), [(EventType::StockReserved, 2)]);
    assert_eq!(moved([5, 0, 0], [3, 0, 2]), [(EventType::StockReserved, 2)]);
    assert_eq!(moved([3, 2, 0], [5, 0, 0]), [(EventType::StockReleased, 2)]);
    assert_eq!(moved([3, 0, 2], [5, 0, 0]), [(EventType::StockReleased, 2)]);
}

#[test]
fn a_carts_hold_that_becomes_an_orders_tells_nothing() {
    assert_eq!(moved([3, 2, 0], [3, 0, 2]), []);
    // Half of it had lapsed.
    assert_eq!(moved([4, 1, 0], [3, 0, 2]), [(EventType::StockReserved, 1)]);
}

#[test]
fn a_sale_is_a_sale_and_an_update_and_releases_nothing() {
    assert_eq!(sold(2, [3, 0, 2], [3, 0, 0]), [(EventType::StockSold, 2), (EventType::StockUpdated, -2)]);
    assert_eq!(sold(2, [3, 4, 2], [3, 4, 0]), [(EventType::StockSold, 2), (EventType::StockUpdated, -2)]);
}

#[test]
fn what_was_sold_and_comes_back_is_an_update() {
    assert_eq!(sold(-2, [3, 0, 0], [5, 0, 0]), [(EventType::StockUpdated, 2)]);
}

#[test]
fn a_sale_beside_a_release_tells_both() {
    let expected = [(EventType::StockSold, 2), (EventType::StockUpdated, -2), (EventType::StockReleased, 3)];
    assert_eq!(sold(2, [0, 3, 2], [3, 0, 0]), expected);
}

#[test]
fn what_stripes_have_counted_is_told_together() {
    let was = Variant {
        stock: Stock { on_hand: 10, ..Stock::default() },
        stripes: Stripes { count: 4, closing: false, units: 10 },
        ..variant(1, 0)
    };
    let is = Variant {
        stock: Stock { on_hand: 8, reserved: 1, sold: 2, ..Stock::default() },
        stripes: Stripes { units: 7, ..was.stripes },
        revision: 2,
        ..was.clone()
    };
    let told: Vec<_> = told_at("variant", Some(&was), &is, at(7))
        .iter()
        .map(|event| {
            let data: StockChanged = event.data().unwrap();
            (event.kind, data.units, data.on_hand, data.available)
        })
        .collect();
    let expected = [(EventType::StockSold, 2), (EventType::StockUpdated, -2), (EventType::StockReserved, 3)];
    assert_eq!(told, expected.map(|(kind, units)| (kind, units, 8, 7)));
}

#[test]
fn another_price_or_title_tells_nothing_of_stock() {
    let old = variant(1, 5);
    let new = Variant { own_price: true, sellable: false, revision: 2, ..old.clone() };
    assert_eq!(told_at("variant", Some(&old), &new, at(7)), []);
}

#[test]
fn whatever_the_change_the_units_told_add_up_to_it() {
    let levels = || (0..4_i64).flat_map(|a| (0..4_i64).flat_map(move |r| (0..4_i64).map(move |h| [a, r, h])));
    for from in levels() {
        for (to, gone) in levels().flat_map(|to| (0..3).map(move |gone| (to, gone))) {
            let told = sold(gone, from, to);
            let units = |kind| told.iter().filter(|told| told.0 == kind).map(|told| told.1).sum::<i64>();
            let on_hand = |level: [i64; 3]| level.iter().sum::<i64>();
            let held = |level: [i64; 3]| level[1] + level[2];
            assert_eq!(units(EventType::StockUpdated), on_hand(to) - on_hand(from), "{from:?} {to:?}");
            let (reserved, released) = (units(EventType::StockReserved), units(EventType::StockReleased));
            assert_eq!(units(EventType::StockSold), gone, "{from:?} {to:?}");
            assert_eq!(reserved - released - gone, held(to) - held(from), "{from:?} {to:?}");
            assert!(reserved >= 0 && released >= 0 && (reserved == 0 || released == 0));
            let same = on_hand(from) == on_hand(to) && held(from) == held(to) && gone == 0;
            assert_eq!(told.is_empty(), same, "{from:?} {to:?}");
        }
    }
}
