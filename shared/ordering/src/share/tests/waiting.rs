use super::*;

#[tokio::test]
async fn a_share_waits_until_its_vendor_can_be_paid() {
    let world = World::new().await;
    world.judge(1, false).await;
    let sold = world.sold().await;
    for _ in 0..2 {
        world.share_out(&sold).await.unwrap();
    }
    assert_eq!(world.transfers(), [(1_800, 0)]);
    let waits = world.settlement(&sold, 0).await;
    assert_eq!((waits.waiting, waits.due), (Some(Waiting::NotReady), Some(world.clock.now().plus_days(1))));
    assert_eq!(store::settlement::wake(world.store(), VendorId::from_bits(1)).await.unwrap(), 1);
    world.clock.advance(Duration::from_secs(60));
    world.judge(1, true).await;
    world.share_out(&sold).await.unwrap();
    assert_eq!(world.transfers(), [(1_800, 0), (7_200, 0)]);
}

#[tokio::test]
async fn a_share_that_waits_and_goes_back_waits_no_more() {
    let world = World::new().await;
    world.judge(1, false).await;
    let sold = world.sold().await;
    world.share_out(&sold).await.unwrap();
    for _ in 0..2 {
        world.share_out(&refunded(&sold, 8_000)).await.unwrap();
        let after = world.settlement(&sold, 0).await;
        assert_eq!((after.waiting, after.taken_back, after.owed()), (None, 7_200, 0));
    }
    assert_eq!(store::settlement::wake(world.store(), VendorId::from_bits(1)).await.unwrap(), 0);
}

#[tokio::test]
async fn what_stripe_does_not_pay_waits_though_we_had_not_heard_of_it() {
    let world = World::new().await;
    let account = world.account(1).await;
    world.stripe.machine().judge_account(&account, false, world.clock.now().ms()).unwrap();
    let sold = world.sold().await;
    world.share_out(&sold).await.unwrap();
    let settlement = world.settlement(&sold, 0).await;
    assert_eq!((settlement.waiting, settlement.open_move()), (Some(Waiting::NotReady), None));
    world.vendor(3, "US", true).await;
    let mut far = world.sold().await;
    far.shipments[0].vendor_id = VendorId::from_bits(3);
    world.share_out(&far).await.unwrap();
    let rests = world.settlement(&far, 0).await;
    assert_eq!(rests.waiting, Some(Waiting::NotPayable));
    // Nobody asks Stripe again; that its goods go back is noted all the same.
    world.share_out(&far).await.unwrap();
    assert_eq!(world.settlement(&far, 0).await, rests);
    for _ in 0..2 {
        world.share_out(&refunded(&far, 4_000)).await.unwrap();
        let after = world.settlement(&far, 0).await;
        assert_eq!((after.waiting, after.taken_back, after.asked), (rests.waiting, 3_600, rests.asked));
        assert_eq!(after.version, rests.version + 1);
    }
    world.clock.advance(Waiting::NotPayable.pause());
    world.share_out(&far).await.unwrap();
    let again = world.settlement(&far, 0).await;
    assert_eq!((again.waiting, again.asked), (rests.waiting, rests.asked + 1));
}

#[tokio::test]
async fn what_has_not_settled_yet_comes_back_later_and_becomes_no_debt() {
    let world = World::new().await;
    let sold = world.sold().await;
    world.share_out(&sold).await.unwrap();
    let account = world.account(1).await;
    let held_back = |back| world.stripe.machine().hold_back(&account, back, world.clock.now().ms()).unwrap();
    held_back(true);
    let back = refunded(&sold, 4_000);
    for _ in 0..2 {
        world.share_out(&back).await.unwrap();
        let waits = world.settlement(&sold, 0).await;
        let due = world.clock.now() + Waiting::NotSettled.pause();
        assert_eq!((waits.waiting, waits.due), (Some(Waiting::NotSettled), Some(due)));
        assert_eq!((world.transfers()[0], world.debt(1).await), ((7_200, 0), 0));
    }
    held_back(false);
    world.share_out(&back).await.unwrap();
    assert_eq!((world.transfers()[0], world.debt(1).await), ((7_200, 3_600), 0));
    assert_eq!(world.settlement(&sold, 0).await.waiting, None);
}

#[tokio::test]
async fn a_charge_that_has_settled_in_another_currency_pays_nobody() {
    let world = World::new().await;
    let sold = Order { currency: "SEK".parse().unwrap(), ..world.sold().await };
    world.share_out(&sold).await.unwrap();
    assert_eq!(world.transfers(), []);
    assert_eq!(world.settlement(&sold, 0).await.waiting, Some(Waiting::NotPayable));
}
