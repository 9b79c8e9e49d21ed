//! What products take and refuse, wherever it is entered.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use domain::{
    Currency, Money, ProductId,
    money::MAX_AMOUNT,
    product::MAX_TAGS,
    text::{Sku, Text},
    variant::MAX_WEIGHT,
};
use serde::Deserialize;
use utoipa::IntoParams;
use web::{ApiError, Result};

/// What sets a variant apart: `{"size": "M", "colour": "red"}`.
pub(crate) type Options = BTreeMap<Text<60>, Text<60>>;

/// The most options of a variant.
const MAX_OPTIONS: usize = 5;

/// The product that an address names.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct Named {
    pub(crate) id: ProductId,
}

/// Lets a price pass that can be charged, in the vendor's own currency.
pub(crate) fn check_price(price: Money, own: Currency, param: &str) -> Result<()> {
    if price.currency != own {
        let message = format!("Prices of this shop are in {own}.");
        let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "currency_mismatch", message);
        return Err(error.param(format!("{param}.currency")));
    }
    if (1..=MAX_AMOUNT).contains(&price.amount) {
        Ok(())
    } else {
        Err(ApiError::invalid(
            format!("{param}.amount"),
            format!("A price is from 1 to {MAX_AMOUNT} minor units."),
        ))
    }
}

pub(crate) fn check_weight(grams: Option<u32>, param: &str) -> Result<()> {
    match grams {
        Some(grams) if grams > MAX_WEIGHT => {
            Err(ApiError::invalid(param, format!("A unit weighs at most {MAX_WEIGHT} grams.")))
        }
        _ => Ok(()),
    }
}

pub(crate) fn check_tags(tags: &[Text<60>]) -> Result<()> {
    if tags.len() <= MAX_TAGS {
        Ok(())
    } else {
        Err(ApiError::invalid("tags", format!("A product has at most {MAX_TAGS} tags.")))
    }
}

/// Lets variants pass that can be told apart, by their codes and by their options.
pub(crate) fn check_variants<'a>(
    variants: impl IntoIterator<Item = (&'a Sku, &'a BTreeMap<String, String>)>,
) -> Result<()> {
    let (mut skus, mut sets) = (BTreeSet::new(), BTreeSet::new());
    for (at, (sku, options)) in variants.into_iter().enumerate() {
        if options.len() > MAX_OPTIONS {
            let message = format!("A variant has at most {MAX_OPTIONS} options.");
            return Err(ApiError::invalid(format!("variants[{at}].options"), message));
        }
        if !skus.insert(sku) {
            return Err(ApiError::invalid(format!("variants[{at}].sku"), "Another variant has this code."));
        }
        if !sets.insert(options) {
            return Err(ApiError::invalid(
                format!("variants[{at}].options"),
                "Another variant has these options.",
            ));
        }
    }
    Ok(())
}

pub(crate) fn plain(options: Options) -> BTreeMap<String, String> {
    options.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}
