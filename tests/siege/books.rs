//! What must hold at rest: of the goods, the orders, the money and the parcels.

use std::collections::BTreeSet;

use domain::{
    OrderId,
    ledger::{Kind, Transaction},
    order::{Order, OrderStatus},
    variant::{Stock, Variant},
};
use serde_json::{Value, json};
use souk_tests::deployed::{
    sale::Placed,
    shop::{Goods, Shop},
    stack::{Stack, text},
};

use crate::rest::Rest;

/// Every unit is sold or available, by the lines of the orders, by what the vendor sees, and by the table. Answers how many are sold.
pub(crate) async fn check_stock(shop: &Shop, unit: &Goods, units: i64, rest: &Rest) -> i64 {
    let lines = rest.confirmed().into_iter().flat_map(|order| &order.lines);
    let sold: i64 = lines.map(|line| i64::from(line.quantity)).sum();
    let [on_hand, available, reserved, allocated] = shop.levels(unit).await;
    assert_eq!(sold + available, units);
    assert_eq!((on_hand, reserved, allocated), (available, 0, 0));
    let mut variants = shop.stack.all("variant").await;
    assert_eq!(variants.len(), 1, "{variants:?}");
    let variant: Variant = serde_json::from_value(variants.remove(0)).unwrap();
    assert_eq!(variant.stock, Stock { on_hand, available, sold, ..Stock::default() });
    sold
}

/// Each order is of the one unit that its buyer put into the cart, of no cart do two stand, and a buyer is shown what the table says.
pub(crate) async fn check_orders(rest: &Rest, placed: &[Placed]) {
    for order in &rest.orders {
        // A call that was made again under its key has added nothing.
        let quantities: Vec<u32> = order.lines.iter().map(|line| line.quantity).collect();
        assert_eq!(quantities, [1], "{order:?}");
    }
    // Of a cart whose order ended before the buyer was answered, the same call makes another.
    let mut carts = BTreeSet::new();
    for order in rest.confirmed() {
        assert!(carts.insert(order.cart_id), "{order:?} is the second one of its cart");
    }
    for placed in placed {
        let order = rest.orders.iter().find(|order| order.id == placed.id);
        let order = order.unwrap_or_else(|| panic!("{} is not in the table", placed.id));
        assert_eq!(placed.show().await["status"], json!(order.status), "{order:?}");
    }
}

/// Who has goods has paid for them, once; who has none has nothing to pay, or has it all back.
pub(crate) async fn check_money(stack: &Stack, rest: &Rest) {
    let (intents, refunds) = (stack.at_stripe("payment_intents").await, stack.at_stripe("refunds").await);
    let mut known = 0;
    for order in &rest.orders {
        let id = order.id.to_string();
        let own: Vec<_> =
            intents.iter().filter(|intent| intent["metadata"]["order_id"] == id.as_str()).collect();
        assert!(own.len() <= 1, "{order:?} has {own:?}");
        known += own.len();
        let intent = own.first();
        let status = intent.map_or("none", |intent| intent["status"].as_str().unwrap());
        let received = intent.map_or(0, |intent| intent["amount_received"].as_i64().unwrap());
        let of_order = |refund: &&Value| own.iter().any(|intent| refund["payment_intent"] == intent["id"]);
        let back = refunds.iter().filter(of_order);
        let back: i64 = back.map(|refund| refund["amount"].as_i64().unwrap()).sum();
        let story = format!("{order:?}: {own:?}, {back} went back");
        match order.status {
            OrderStatus::Confirmed => {
                assert_eq!((status, received, back), ("succeeded", order.totals.total, 0), "{story}");
            }
            _ if status == "succeeded" => assert_eq!(back, received, "{story}"),
            _ => assert!(["canceled", "none"].contains(&status) && received == 0 && back == 0, "{story}"),
        }
    }
    assert_eq!(known, intents.len(), "there are intents of no order");
}

/// The vendor has a parcel for each confirmed order and for no other, and each sale is posted once.
pub(crate) async fn check_parcels(shop: &Shop, rest: &Rest) {
    let confirmed = sorted(rest.confirmed().into_iter().map(|order: &Order| order.id));
    assert_eq!(sorted(parcels(shop).await), confirmed);
    let posted = shop.stack.all("ledger").await.into_iter();
    let posted = posted.map(|posting| serde_json::from_value::<Transaction>(posting).unwrap());
    let sales = posted.filter(|posting| posting.kind == Kind::Sale).map(|sale| sale.order_id);
    assert_eq!(sorted(sales), confirmed);
}

/// The orders whose parcels wait at the vendor's.
async fn parcels(shop: &Shop) -> Vec<OrderId> {
    let (mut found, mut from) = (Vec::new(), String::new());
    loop {
        let page = shop.get(&format!("/shipments?status=PENDING&limit=100{from}")).await;
        let orders = page["data"].as_array().unwrap().iter().map(|parcel| text(&parcel["order_id"]));
        found.extend(orders.map(|order| order.parse::<OrderId>().unwrap()));
        match page["next_cursor"].as_str() {
            Some(cursor) => from = format!("&cursor={cursor}"),
            None => return found,
        }
    }
}

fn sorted(orders: impl IntoIterator<Item = OrderId>) -> Vec<OrderId> {
    let mut orders: Vec<_> = orders.into_iter().collect();
    orders.sort_unstable();
    orders
}
