use std::sync::Arc;

use crate::{Item, Key};

/// One change of one item, as the table's stream tells it: both images, in the order of the item's changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub sequence: u64,
    /// When it was written, epoch seconds.
    pub at: i64,
    pub key: Key,
    pub old: Option<Arc<Item>>,
    pub new: Option<Arc<Item>>,
}
