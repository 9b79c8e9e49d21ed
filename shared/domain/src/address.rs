//! Postal addresses.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{country::Country, text::Text};

/// Where something is sent to; personal data, so its `Debug` shows the country alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    pub name: Text<120>,
    pub line1: Text<120>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<Text<120>>,
    pub city: Text<80>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Text<80>>,
    pub postal_code: Text<20>,
    pub country: Country,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("country", &self.country).finish_non_exhaustive()
    }
}
