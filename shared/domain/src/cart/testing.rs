//! Carts for tests.

use std::{collections::BTreeMap, time::Duration};

use super::Cart;
use crate::{
    CartId, Id, LineId, Money, ProductId, Tenant, Timestamp, VariantId, VendorId,
    tax::TaxRate,
    text::{Name, Sku},
    variant::{Stock, Variant},
};

pub(crate) const SOFT: Duration = Duration::from_secs(900);

pub(crate) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_secs(minutes * 60)
}

pub(crate) fn variant(n: u128, vendor: u128, currency: &str) -> Variant {
    Variant {
        id: VariantId::from_bits(n),
        product_id: ProductId::from_bits(n),
        vendor_id: VendorId::from_bits(vendor),
        sku: Sku::try_from("SKU").unwrap(),
        title: Name::try_from("Thing").unwrap(),
        options: BTreeMap::new(),
        price: Money::new(1000, currency.parse().unwrap()),
        own_price: false,
        weight_grams: None,
        stripes: Default::default(),
        low_stock_threshold: None,
        adjustment: None,
        counts: 0,
        tax_rate: TaxRate::default(),
        image_url: None,
        sellable: true,
        stock: Stock::default(),
        created_at: at(0),
        version: 1,
        revision: 1,
    }
}

pub(crate) fn line(n: u128) -> LineId {
    LineId::from_bits(n)
}

pub(crate) fn empty() -> Cart {
    Cart::new(CartId::from_bits(1), Tenant::Platform, None, at(0))
}

pub(crate) fn with(goods: &[(u128, u32)]) -> Cart {
    goods.iter().fold(empty(), |cart, (n, quantity)| {
        cart.add(&variant(*n, 1, "EUR"), *quantity, line(*n), at(0), SOFT).unwrap()
    })
}
