//! What the goods of a cart cost on their way to a customer: per vendor, and all together.
//!
//! Prices include value added tax, which each vendor owes in its own country at its products' rates. What is taken for sending goods of several
//! rates shares their rates, in proportion to what they cost (largest remainder). Tax is rounded once per vendor and rate, and added up from there, so that each
//! vendor's invoice is right by itself and all of them make the order's.

use std::collections::BTreeMap;

use super::Totals;
use crate::{
    Money, VendorId,
    cart::{Cart, CartError, CartLine},
    country::Country,
    money::MAX_AMOUNT,
    shipping::Shipping,
    split,
    tax::TaxRate,
};

/// What is taxed at a rate, and the tax within it, in minor units of the order's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taxed {
    pub rate: TaxRate,
    pub gross: i64,
    pub tax: i64,
}

/// A vendor's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedPart {
    pub vendor_id: VendorId,
    pub items: i64,
    pub shipping: i64,
    /// By rate, the lowest first; together they are items and shipping.
    pub taxes: Vec<Taxed>,
}

/// What all of it costs: a part for each vendor, in the order of the cart's lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    pub parts: Vec<PricedPart>,
    pub totals: Totals,
}

impl Priced {
    /// What a cart costs on its way to a country, by the vendors' shipping settings.
    ///
    /// # Errors
    /// [`CartError::Empty`] without lines or without a vendor's settings, [`CartError::NotShipped`] where a vendor does not send its parcel there,
    /// [`CartError::TooMuch`] over the largest order.
    pub fn of_cart(
        cart: &Cart,
        to: Country,
        shipping: &BTreeMap<VendorId, &Shipping>,
    ) -> Result<Self, CartError> {
        let currency = cart.currency.ok_or(CartError::Empty)?;
        let mut by_vendor: Vec<(VendorId, Vec<&CartLine>)> = Vec::new();
        for line in &cart.lines {
            let vendor = line.variant.vendor_id;
            match by_vendor.iter_mut().find(|(known, _)| *known == vendor) {
                Some((_, lines)) => lines.push(line),
                None => by_vendor.push((vendor, vec![line])),
            }
        }
        let parts = by_vendor
            .into_iter()
            .map(|(vendor_id, lines)| {
                let mut by_rate: BTreeMap<TaxRate, i64> = BTreeMap::new();
                let mut grams = 0;
                for line in lines {
                    let price = Money::new(line.unit_price, currency).times(line.quantity)?.amount;
                    *by_rate.entry(line.tax_rate).or_default() += price;
                    grams += u64::from(line.weight_grams.unwrap_or(0)) * u64::from(line.quantity);
                }
                let items: i64 = by_rate.values().sum();
                let settings = shipping.get(&vendor_id).ok_or(CartError::Empty)?;
                let shipping = settings.cost(to, items, grams).ok_or(CartError::NotShipped(vendor_id))?;
                Ok(PricedPart { vendor_id, items, shipping, taxes: taxes(by_rate, shipping) })
            })
            .collect::<Result<Vec<_>, CartError>>()?;
        let sum = |of: fn(&PricedPart) -> i64| parts.iter().map(of).sum::<i64>();
        let (items, shipping) = (sum(|part| part.items), sum(|part| part.shipping));
        let tax = sum(|part| part.taxes.iter().map(|taxed| taxed.tax).sum());
        if items + shipping > MAX_AMOUNT {
            return Err(CartError::TooMuch);
        }
        Ok(Self { parts, totals: Totals { items, shipping, tax, total: items + shipping } })
    }

    /// The tax of all parts, by rate.
    pub fn taxes(&self) -> Vec<Taxed> {
        merged(self.parts.iter().flat_map(|part| &part.taxes))
    }
}

/// Taxes of several parts, by rate.
pub(super) fn merged<'a>(taxes: impl IntoIterator<Item = &'a Taxed>) -> Vec<Taxed> {
    let mut by_rate: BTreeMap<TaxRate, (i64, i64)> = BTreeMap::new();
    for taxed in taxes {
        let (gross, tax) = by_rate.entry(taxed.rate).or_default();
        *gross += taxed.gross;
        *tax += taxed.tax;
    }
    by_rate.into_iter().map(|(rate, (gross, tax))| Taxed { rate, gross, tax }).collect()
}

/// The tax within goods of some rates, and within what is taken for sending them.
pub(super) fn taxes(by_rate: BTreeMap<TaxRate, i64>, shipping: i64) -> Vec<Taxed> {
    let weights: Vec<u64> = by_rate.values().map(|gross| gross.unsigned_abs()).collect();
    let shares = split::by_weight(shipping, &weights);
    by_rate
        .into_iter()
        .zip(shares)
        .map(|((rate, items), share)| Taxed { rate, gross: items + share, tax: rate.within(items + share) })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::cart::testing::{at, empty, line, variant};

    /// A cart of lines: vendor, unit price, quantity, tax rate in basis points, grams.
    fn cart(lines: &[(u128, i64, u32, u32, u32)]) -> Cart {
        let soft = std::time::Duration::from_secs(900);
        (1..).zip(lines).fold(empty(), |cart, (n, (vendor, price, quantity, rate, grams))| {
            let mut goods = variant(n, *vendor, "EUR");
            goods.price.amount = *price;
            goods.tax_rate = TaxRate::try_from(*rate).unwrap();
            goods.weight_grams = Some(*grams);
            cart.add(&goods, *quantity, line(n), at(0), soft).unwrap()
        })
    }

    fn flat(amount: i64) -> Shipping {
        serde_json::from_value(json!({"zones": [{"rate": {"kind": "flat", "amount": amount}}]})).unwrap()
    }

    fn priced(cart: &Cart, shipping: &Shipping) -> Result<Priced, CartError> {
        let all = cart.lines.iter().map(|line| (line.variant.vendor_id, shipping)).collect();
        Priced::of_cart(cart, "LU".parse().unwrap(), &all)
    }

    #[test]
    fn what_is_taken_for_sending_shares_the_rates_of_the_goods() {
        let cart = cart(&[(1, 10_000, 1, 1700, 0), (1, 5_000, 1, 300, 0), (2, 1_000, 2, 1700, 0)]);
        let priced = priced(&cart, &flat(500)).unwrap();
        // 5.00 over 100.00 and 50.00 is 3.33 and 1.67.
        let taxed = |rate, gross, tax| Taxed { rate: TaxRate::try_from(rate).unwrap(), gross, tax };
        assert_eq!(priced.parts[0].taxes, [taxed(300, 5_167, 150), taxed(1700, 10_333, 1_501)]);
        assert_eq!(priced.parts[1].taxes, [taxed(1700, 2_500, 363)]);
        assert_eq!(priced.taxes(), [taxed(300, 5_167, 150), taxed(1700, 12_833, 1_864)]);
        assert_eq!(priced.totals, Totals { items: 17_000, shipping: 1_000, tax: 2_014, total: 18_000 });
    }

    #[test]
    fn a_vendor_that_does_not_send_there_is_named() {
        let cart = cart(&[(7, 100, 3, 0, 400)]);
        let light: Shipping = serde_json::from_value(
            json!({"zones": [{"rate": {"kind": "weight", "steps": [{"up_to_grams": 1199, "amount": 5}]}}]}),
        )
        .unwrap();
        assert_eq!(priced(&cart, &light), Err(CartError::NotShipped(cart.lines[0].variant.vendor_id)));
    }

    #[test]
    fn sending_counts_towards_the_largest_order() {
        let cart = cart(&[(1, MAX_AMOUNT, 1, 0, 0)]);
        assert_eq!(priced(&cart, &flat(1)), Err(CartError::TooMuch));
        assert!(priced(&cart, &flat(0)).is_ok());
    }

    proptest! {
        #[test]
        fn no_cent_is_lost(
            lines in prop::collection::vec((1_u128..4, 1_i64..100_000, 1_u32..9, prop::sample::select(vec![0_u32, 300, 810, 1700, 10_000]), 0_u32..1), 1..12),
            shipping in 0_i64..5_000,
        ) {
            let cart = cart(&lines);
            let priced = priced(&cart, &flat(shipping)).unwrap();
            let totals = priced.totals;
            prop_assert_eq!(totals.items, cart.subtotal().unwrap().amount);
            prop_assert_eq!(totals.total, totals.items + totals.shipping);
            for part in &priced.parts {
                prop_assert_eq!(part.taxes.iter().map(|taxed| taxed.gross).sum::<i64>(), part.items + part.shipping);
            }
            let taxes = priced.taxes();
            prop_assert_eq!(taxes.iter().map(|taxed| taxed.gross).sum::<i64>(), totals.total);
            prop_assert_eq!(taxes.iter().map(|taxed| taxed.tax).sum::<i64>(), totals.tax);
        }
    }
}
