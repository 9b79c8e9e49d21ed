//! What vendors take for sending a parcel.
//!
//! A vendor ships to zones of countries, each at a price of its own: one for any parcel, or one by its weight; free from an amount on, where it
//! says so. Amounts are minor units of the vendor's currency, value added tax included.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{country::Country, money::MAX_AMOUNT};

/// The most zones of a vendor.
pub const MAX_ZONES: usize = 50;
/// The most steps by which a zone is charged.
pub const MAX_STEPS: usize = 20;

/// Where a vendor ships to, and for how much. Without any zone it ships everywhere, for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Shipping {
    /// At most 50, no country in two of them.
    #[schema(max_items = 50)]
    pub zones: Vec<Zone>,
}

/// Countries that parcels go to at one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Left empty by the zone of all countries that no other zone names.
    #[serde(default)]
    #[schema(max_items = 249)]
    pub countries: BTreeSet<Country>,
    pub rate: Rate,
    /// From this much of goods on the parcel is sent for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 99_999_999, example = 5000)]
    pub free_from: Option<i64>,
}

/// How a parcel is charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rate {
    /// Any parcel costs the same.
    Flat {
        #[schema(minimum = 0, maximum = 99_999_999, example = 490)]
        amount: i64,
    },
    /// By the weight of its goods: the first step that it does not exceed. A heavier one is not sent.
    Weight {
        /// 1 to 20, each heavier than the one before.
        #[schema(min_items = 1, max_items = 20)]
        steps: Vec<Step>,
    },
}

/// What a parcel of up to a weight costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[schema(minimum = 1)]
    pub up_to_grams: u32,
    #[schema(minimum = 0, maximum = 99_999_999)]
    pub amount: i64,
}

/// Why settings are not taken: where in them, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BadShipping {
    pub field: String,
    pub why: &'static str,
}

impl Shipping {
    /// Lets settings pass that say one thing of each parcel.
    pub fn checked(self) -> Result<Self, BadShipping> {
        let bad = |field: String, why| Err(BadShipping { field, why });
        if self.zones.len() > MAX_ZONES {
            return bad("zones".to_owned(), "There are at most 50 zones");
        }
        let (mut named, mut rest) = (BTreeSet::new(), false);
        for (at, zone) in self.zones.iter().enumerate() {
            if zone.countries.is_empty() && std::mem::replace(&mut rest, true) {
                return bad(format!("zones[{at}].countries"), "Another zone is of all other countries");
            }
            if !zone.countries.iter().all(|country| named.insert(*country)) {
                return bad(format!("zones[{at}].countries"), "Another zone names one of these countries");
            }
            if zone.free_from.is_some_and(|amount| !is_amount(amount)) {
                return bad(format!("zones[{at}].free_from"), "An amount is from 0 to 99999999 minor units");
            }
            zone.rate
                .check()
                .map_err(|(field, why)| BadShipping { field: format!("zones[{at}].rate.{field}"), why })?;
        }
        Ok(self)
    }

    /// What a parcel of goods worth `items` that weigh so much costs on its way to a country; `None` where the vendor sends none such.
    pub fn cost(&self, to: Country, items: i64, grams: u64) -> Option<i64> {
        if self.zones.is_empty() {
            return Some(0);
        }
        let names = |zone: &&Zone| zone.countries.contains(&to);
        let rest = |zone: &&Zone| zone.countries.is_empty();
        let zone = self.zones.iter().find(names).or_else(|| self.zones.iter().find(rest))?;
        let cost = zone.rate.cost(grams)?;
        Some(if zone.free_from.is_some_and(|from| items >= from) { 0 } else { cost })
    }
}

impl Rate {
    fn check(&self) -> Result<(), (&'static str, &'static str)> {
        const AMOUNT: &str = "An amount is from 0 to 99999999 minor units";
        match self {
            Self::Flat { amount } if !is_amount(*amount) => Err(("amount", AMOUNT)),
            Self::Flat { .. } => Ok(()),
            Self::Weight { steps } if !(1..=MAX_STEPS).contains(&steps.len()) => {
                Err(("steps", "There are 1 to 20 steps"))
            }
            Self::Weight { steps } if steps.iter().any(|step| !is_amount(step.amount)) => {
                Err(("steps", AMOUNT))
            }
            Self::Weight { steps } => {
                let grams = std::iter::once(0).chain(steps.iter().map(|step| step.up_to_grams));
                let heavier = grams.is_sorted_by(|one, next| one < next);
                if heavier { Ok(()) } else { Err(("steps", "Each step is heavier than the one before")) }
            }
        }
    }

    fn cost(&self, grams: u64) -> Option<i64> {
        match self {
            Self::Flat { amount } => Some(*amount),
            Self::Weight { steps } => {
                steps.iter().find(|step| grams <= u64::from(step.up_to_grams)).map(|step| step.amount)
            }
        }
    }
}

fn is_amount(amount: i64) -> bool {
    (0..=MAX_AMOUNT).contains(&amount)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shipping(zones: Value) -> Shipping {
        serde_json::from_value(json!({ "zones": zones })).unwrap()
    }

    fn to(country: &str) -> Country {
        country.parse().unwrap()
    }

    #[test]
    fn who_says_nothing_ships_everywhere_for_nothing() {
        assert_eq!(Shipping::default().cost(to("JP"), 100, 1_000_000), Some(0));
    }

    #[test]
    fn a_parcel_costs_what_its_country_its_weight_and_its_worth_ask() {
        let shop = shipping(json!([
            {"countries": ["LU"], "rate": {"kind": "flat", "amount": 490}, "free_from": 5000},
            {"countries": ["DE", "FR"], "rate": {"kind": "weight", "steps": [
                {"up_to_grams": 1000, "amount": 690}, {"up_to_grams": 5000, "amount": 990}]}},
            {"rate": {"kind": "flat", "amount": 2500}},
        ]))
        .checked()
        .unwrap();
        for (country, items, grams, cost) in [
            ("LU", 4999, 9_000_000, Some(490)),
            ("LU", 5000, 1, Some(0)),
            ("DE", 1, 0, Some(690)),
            ("FR", 1, 1000, Some(690)),
            ("FR", 1, 1001, Some(990)),
            ("DE", 99_999, 5001, None),
            ("JP", 1, 1, Some(2500)),
        ] {
            assert_eq!(shop.cost(to(country), items, grams), cost, "{country} {items} {grams}");
        }
        let home = shipping(json!([{"countries": ["LU"], "rate": {"kind": "flat", "amount": 0}}]));
        assert_eq!(home.cost(to("DE"), 1, 1), None);
    }

    #[test]
    fn settings_say_one_thing_of_each_parcel() {
        let flat = json!({"kind": "flat", "amount": 1});
        let steps = |steps: &[(u32, i64)]| {
            let steps = steps
                .iter()
                .map(|(up_to_grams, amount)| json!({"up_to_grams": up_to_grams, "amount": amount}));
            json!([{"rate": {"kind": "weight", "steps": steps.collect::<Vec<_>>()}}])
        };
        for (zones, field) in [
            (
                json!([{"countries": ["LU"], "rate": flat}, {"countries": ["LU"], "rate": flat}]),
                "zones[1].countries",
            ),
            (json!([{"rate": flat}, {"rate": flat}]), "zones[1].countries"),
            (json!([{"rate": {"kind": "flat", "amount": -1}}]), "zones[0].rate.amount"),
            (json!([{"rate": flat, "free_from": 100_000_000}]), "zones[0].free_from"),
            (steps(&[]), "zones[0].rate.steps"),
            (steps(&[(0, 1)]), "zones[0].rate.steps"),
            (steps(&[(5, 1), (5, 2)]), "zones[0].rate.steps"),
            (steps(&[(5, -1)]), "zones[0].rate.steps"),
            (json!(vec![json!({"countries": [], "rate": flat}); 51]), "zones"),
        ] {
            assert_eq!(shipping(zones.clone()).checked().unwrap_err().field, field, "{zones}");
        }
        assert!(shipping(steps(&[(5, 2), (6, 1)])).checked().is_ok());
    }
}
