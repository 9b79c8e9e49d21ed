//! What categories count.

use super::*;
use crate::category::Shelf;

async fn counted(world: &World) -> (Vec<Shelf>, Vec<Shelf>) {
    let shop = category::of_shop(&world.store, vendor()).await.unwrap();
    (shop, category::of_market(&world.store).await.unwrap())
}

fn shelf(key: &str, name: &str, count: i64) -> Shelf {
    Shelf { key: key.to_owned(), name: name.to_owned(), count }
}

#[tokio::test]
async fn categories_count_what_is_on_the_shelf() {
    let world = filled(12).await;
    create(&world.store, &listing(&world, VendorId::from_bits(2), 50)).await.unwrap();
    assert_eq!(counted(&world).await, (vec![shelf("home", "Home", 12)], vec![shelf("home", "Home", 13)]));

    let before = get(&world.store, vendor(), ProductId::from_bits(1)).await.unwrap();
    let moved = changed(&before, |listing| listing.product.category = category("Garden"));
    save(&world.store, &before, &moved).await.unwrap();
    let both = |home: i64| vec![shelf("garden", "Garden", 1), shelf("home", "Home", home)];
    assert_eq!(counted(&world).await, (both(11), both(12)));

    let archived = moved.on(ProductEvent::Archived, world.now()).unwrap().unwrap();
    save(&world.store, &moved, &archived).await.unwrap();
    assert_eq!(counted(&world).await, (vec![shelf("home", "Home", 11)], vec![shelf("home", "Home", 12)]));
    assert_eq!(walked(&world, false, &of("garden"), 10).await.0, []);
    assert_eq!(walked(&world, true, &Browse::default(), 50).await.0.len(), 12);

    let draft = archived.on(ProductEvent::Restored, world.now()).unwrap().unwrap();
    save(&world.store, &archived, &draft).await.unwrap();
    let elsewhere = changed(&draft, |listing| listing.product.category = category("Home"));
    save(&world.store, &draft, &elsewhere).await.unwrap();
    assert_eq!(counted(&world).await.0, [shelf("home", "Home", 11)]);

    let back = elsewhere.on(ProductEvent::Published, world.now()).unwrap().unwrap();
    save(&world.store, &elsewhere, &back).await.unwrap();
    assert_eq!(counted(&world).await.0, [shelf("home", "Home", 12)]);
    delete(&world.store, &back).await.unwrap();
    delete(&world.store, &get(&world.store, vendor(), ProductId::from_bits(2)).await.unwrap()).await.unwrap();
    assert_eq!(counted(&world).await, (vec![shelf("home", "Home", 10)], vec![shelf("home", "Home", 11)]));
}

#[tokio::test]
async fn a_category_goes_by_the_name_that_came_last() {
    let world = filled(2).await;
    let before = get(&world.store, vendor(), ProductId::from_bits(1)).await.unwrap();
    let renamed = changed(&before, |listing| listing.product.category = category("HOME!"));
    save(&world.store, &before, &renamed).await.unwrap();
    assert_eq!(counted(&world).await.0[0].count, 2);
    delete(&world.store, &renamed).await.unwrap();
    // The one that leaves does not name what stays.
    assert_eq!(counted(&world).await.0, [shelf("home", "Home", 1)]);
}
