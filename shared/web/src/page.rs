//! Pages of lists: `?limit=&cursor=` answered with `{"data": […], "next_cursor": …}`.

use serde::{Deserialize, Serialize};
use store::page::{Paging, Slice};
use utoipa::{IntoParams, ToSchema};

use crate::ApiError;

/// Which page of a list is asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many, 1 to 100.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[serde(default)]
    #[param(max_length = 1000)]
    pub cursor: Option<String>,
}

impl PageQuery {
    pub fn paging(self) -> Result<Paging, ApiError> {
        let limit = self.limit.unwrap_or(20);
        if !(1..=100).contains(&limit) {
            return Err(ApiError::malformed("invalid_query", "A limit is from 1 to 100.").param("limit"));
        }
        Ok(Paging { limit, cursor: self.cursor.filter(|cursor| !cursor.is_empty()) })
    }
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Listed<T> {
    pub data: Vec<T>,
    /// Asks for the next page; `null` on the last one.
    pub next_cursor: Option<String>,
}

impl<T> From<Slice<T>> for Listed<T> {
    fn from(slice: Slice<T>) -> Self {
        Self { data: slice.data, next_cursor: slice.next_cursor }
    }
}
