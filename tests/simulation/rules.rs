//! The rules of the marketplace, checked by reading the whole table.

use std::collections::BTreeMap;

use domain::{
    VariantId,
    cart::Cart,
    hold::Hold,
    ledger::{Direction, Transaction},
    order::{Order, OrderStatus, Refund},
    payment::PaymentState,
    variant::Variant,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use table::Item;

use super::world::World;

/// Checks rules 1, 3 and 4 over everything that is stored.
#[track_caller]
pub(crate) fn check(world: &World) {
    let items = world.table.dump();
    let carts: Vec<Cart> = all(&items, "cart");
    let orders: Vec<Order> = all(&items, "order");
    stock_is_conserved(&all(&items, "variant"), &carts, &orders);
    money_and_goods_go_together(&orders);
    books_balance(&all(&items, "ledger"), &orders);
}

fn stock_is_conserved(variants: &[Variant], carts: &[Cart], orders: &[Order]) {
    let mut soft: BTreeMap<VariantId, i64> = BTreeMap::new();
    for line in carts.iter().flat_map(|cart| &cart.lines).filter(|line| line.hold == Hold::Soft) {
        *soft.entry(line.variant.variant_id).or_default() += i64::from(line.quantity);
    }
    let mut hard: BTreeMap<VariantId, i64> = BTreeMap::new();
    for order in orders.iter().filter(|order| order.hold == Hold::Hard) {
        for line in &order.lines {
            *hard.entry(line.variant.variant_id).or_default() += i64::from(line.quantity);
        }
    }
    for variant in variants {
        let stock = variant.stock;
        assert!(stock.adds_up(), "{}: {stock:?}", variant.id);
        assert_eq!(stock.reserved, soft.get(&variant.id).copied().unwrap_or(0), "{} soft", variant.id);
        assert_eq!(stock.allocated, hard.get(&variant.id).copied().unwrap_or(0), "{} hard", variant.id);
    }
}

fn money_and_goods_go_together(orders: &[Order]) {
    for order in orders {
        let confirmed = order.confirmed_at.is_some();
        assert_eq!(confirmed, order.hold == Hold::Sold, "{order:?}");
        let kept = order.payment.state == PaymentState::Captured && order.refund != Refund::Full;
        if kept && order.status != OrderStatus::Paid {
            assert!(confirmed, "{order:?} was paid and is neither filled nor refunded");
        }
        if confirmed {
            assert!(kept, "{order:?} is filled and was not paid");
        }
    }
}

fn books_balance(ledger: &[Transaction], orders: &[Order]) {
    for transaction in ledger {
        let side = |direction| -> i64 {
            transaction
                .entries
                .iter()
                .filter(|entry| entry.direction == direction)
                .map(|entry| entry.amount)
                .sum()
        };
        assert_eq!(side(Direction::Debit), side(Direction::Credit), "{}", transaction.id);
    }
    for order in orders {
        let posted = ledger.iter().filter(|transaction| transaction.order_id == order.id).count();
        assert_eq!(posted, usize::from(order.confirmed_at.is_some()), "{order:?}");
    }
}

fn all<T: DeserializeOwned>(items: &[Item], kind: &str) -> Vec<T> {
    items
        .iter()
        .filter(|item| item.str("entity") == Some(kind))
        .map(|item| serde_json::from_value(Value::Object(item.doc.clone())).unwrap())
        .collect()
}
