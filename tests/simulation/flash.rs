//! One variant for everybody at once, on partitions that bear so many write units a second as DynamoDB's.

use std::time::Duration;

use souk_tests::simulation::flash::{Sale, Sold, sell};

/// What a partition of DynamoDB takes in a second.
const BOUND: u64 = 1_000;

#[tokio::test(start_paused = true)]
async fn a_thousand_buyers_for_a_thousand_units_buy_them_all() {
    let within = Duration::from_millis(500);
    let sale = Sale { seed: 51, stripes: 16, units: 1_000, buyers: 1_000, within, bound: BOUND };
    let sold = sell(sale).await;
    assert_eq!((sold.units(), sold.refused), (1_000, 0), "{sold:?}");
    assert_eq!((sold.stock.on_hand, sold.stock.sold), (0, 1_000));
}

#[tokio::test(start_paused = true)]
async fn the_last_units_of_many_stripes_are_found_and_no_more() {
    let within = Duration::from_secs(2);
    let sale = Sale { seed: 52, stripes: 16, units: 37, buyers: 90, within, bound: BOUND };
    let sold = sell(sale).await;
    assert_eq!((sold.units(), sold.refused), (37, 53), "{sold:?}");
    assert_eq!((sold.stock.on_hand, sold.stock.available), (0, 0));
}

/// A tenth of everything: 16 stripes of 100 units a second sell 400 units a second, as those of 1,000 sell 4,000.
#[tokio::test(start_paused = true)]
async fn sixteen_stripes_sell_four_times_what_a_partition_bears() {
    let within = Duration::from_secs(2);
    let sale = Sale { seed: 53, stripes: 16, units: 1_200, buyers: 1_200, within, bound: BOUND / 10 };
    let sold = sell(sale).await;
    assert_eq!((sold.units(), sold.stock.on_hand), (1_200, 0));
    assert!(sold.pace() >= 400.0, "{sold:?}");
    for borne in [&sold.shelves, &sold.tallies] {
        assert!(Sold::skew(borne) <= 1.3, "{borne:?}");
    }
    let alone = Sale { stripes: 0, units: 100, buyers: 100, ..sale };
    let alone = sell(alone).await;
    assert!(alone.pace() <= 18.0 && alone.units() == 100, "{alone:?}");
}
