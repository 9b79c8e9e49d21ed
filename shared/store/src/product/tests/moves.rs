//! Products made, saved and deleted, and what stands in the way of it.

use domain::moves::{Moves, Place};

use super::*;

#[tokio::test]
async fn a_product_is_read_with_its_variants_in_one_query() {
    let world = World::new();
    let mut made = listing(&world, vendor(), 1);
    made.variants.push(variant(&made.product, 101, Sku::try_from("SKU-1-L").unwrap()));
    create(&world.store, &made).await.unwrap();
    world.table.meter().take();
    assert_eq!(get(&world.store, vendor(), made.product.id).await.unwrap(), made);
    assert_eq!(world.table.meter().take().round_trips, 1);
}

#[tokio::test]
async fn another_vendors_product_is_not_found() {
    let world = filled(1).await;
    let other = VendorId::from_bits(2);
    assert!(matches!(get(&world.store, other, ProductId::from_bits(1)).await, Err(Error::NotFound)));
    assert!(matches!(variant_of(&world.store, other, VariantId::from_bits(100)).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn the_largest_product_fits_one_transaction() {
    let world = World::new();
    let mut made = listing(&world, vendor(), 1);
    made.variants = (0..domain::product::MAX_VARIANTS)
        .map(|n| variant(&made.product, u128::try_from(n).unwrap(), Sku::try_from(format!("V{n}")).unwrap()))
        .collect();
    assert!(creation(&made).unwrap().len() <= table::MAX_ACTIONS);
    create(&world.store, &made).await.unwrap();
    let renamed = changed(&made, |listing| {
        listing.product.sku = Sku::try_from("other").unwrap();
        listing.product.category = category("Garden");
        for (n, variant) in listing.variants.iter_mut().enumerate() {
            variant.sku = Sku::try_from(format!("W{n}")).unwrap();
        }
    });
    save(&world.store, &made, &renamed).await.unwrap();
    let now = get(&world.store, vendor(), made.product.id).await.unwrap();
    assert_eq!((&now.product, now.skus()), (&renamed.product, renamed.skus()));
    assert!(now.variants.iter().all(|variant| (variant.version, variant.revision) == (1, 2)));
    delete(&world.store, &renamed).await.unwrap();
    assert!(matches!(get(&world.store, vendor(), made.product.id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_code_belongs_to_one_product_of_a_vendor() {
    let world = filled(1).await;
    let mut same = listing(&world, vendor(), 2);
    same.variants[0].sku = Sku::try_from("SKU-1").unwrap();
    assert!(matches!(create(&world.store, &same).await, Err(Error::Taken("sku"))));
    // Nothing of it was written.
    assert!(matches!(get(&world.store, vendor(), same.product.id).await, Err(Error::NotFound)));
    let mut elsewhere = listing(&world, VendorId::from_bits(2), 3);
    elsewhere.product.sku = Sku::try_from("SKU-1").unwrap();
    create(&world.store, &elsewhere).await.unwrap();
}

#[tokio::test]
async fn a_code_that_is_given_up_is_free_again() {
    let world = filled(2).await;
    let one = get(&world.store, vendor(), ProductId::from_bits(1)).await.unwrap();
    let taken = changed(&one, |listing| listing.product.sku = Sku::try_from("SKU-2").unwrap());
    assert!(matches!(save(&world.store, &one, &taken).await, Err(Error::Taken("sku"))));
    let renamed = changed(&one, |listing| {
        listing.product.sku = Sku::try_from("NEW").unwrap();
        listing.variants[0].sku = listing.product.sku.clone();
    });
    save(&world.store, &one, &renamed).await.unwrap();
    let mut third = listing(&world, vendor(), 3);
    third.product.sku = Sku::try_from("SKU-1").unwrap();
    create(&world.store, &third).await.unwrap();
    delete(&world.store, &third).await.unwrap();
    third.product.id = ProductId::from_bits(4);
    third.variants[0].product_id = third.product.id;
    create(&world.store, &third).await.unwrap();
}

#[tokio::test]
async fn a_stale_change_loses() {
    let world = filled(1).await;
    let before = get(&world.store, vendor(), ProductId::from_bits(1)).await.unwrap();
    let after = changed(&before, |listing| listing.product.title = Name::try_from("New").unwrap());
    save(&world.store, &before, &after).await.unwrap();
    assert!(matches!(save(&world.store, &before, &after).await, Err(Error::VersionConflict)));
    assert!(matches!(delete(&world.store, &before).await, Err(Error::VersionConflict)));
    delete(&world.store, &after).await.unwrap();
    assert!(matches!(save(&world.store, &before, &after).await, Err(Error::VersionConflict)));
}

#[tokio::test]
async fn saving_a_product_leaves_its_counters_alone() {
    let world = filled(1).await;
    let before = get(&world.store, vendor(), ProductId::from_bits(1)).await.unwrap();
    stock::set_on_hand(&world.store, &before.variants[0].place(), 7, None).await.unwrap();
    let after = changed(&before, |listing| listing.variants[0].price = eur(5));
    save(&world.store, &before, &after).await.unwrap();
    let now = stock::get(&world.store, &before.variants[0].place()).await.unwrap();
    assert_eq!((now.price, now.stock.on_hand, now.version), (eur(5), 7, 2));
}

#[tokio::test]
async fn a_product_with_units_in_carts_stays() {
    let world = filled(1).await;
    let made = get(&world.store, vendor(), ProductId::from_bits(1)).await.unwrap();
    let place = made.variants[0].place();
    stock::set_on_hand(&world.store, &place, 5, None).await.unwrap();
    let mut held = Moves::none();
    held.shift(place, 2, Place::Available, Place::Reserved);
    stock::transact(&world.store, Vec::new(), &held, None, Vec::new()).await.unwrap();
    assert!(matches!(delete(&world.store, &made).await, Err(Error::HeldStock { held: 2 })));
    assert_eq!(category::of_shop(&world.store, vendor()).await.unwrap().len(), 1);
    assert!(get(&world.store, vendor(), made.product.id).await.is_ok());
}
