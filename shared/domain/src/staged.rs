//! Staged products: rows of a vendor's feed, before the vendor publishes them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{IllegalTransition, ImportId, ProductId, StagedId, Timestamp, VendorId, feed::FeedRow};

/// `staged -> selected -> published`, `published -> selected`, `-> rejected`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StagedStatus {
    Staged,
    /// The vendor means to publish it.
    Selected,
    /// It has become a product.
    Published,
    /// The vendor does not want it.
    Rejected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StagedEvent {
    Selected,
    Published,
    /// Its product was taken out of the catalogue.
    Withdrawn,
    Rejected,
}

impl StagedStatus {
    pub const ALL: [Self; 4] = [Self::Staged, Self::Selected, Self::Published, Self::Rejected];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Selected => "selected",
            Self::Published => "published",
            Self::Rejected => "rejected",
        }
    }

    pub fn on(self, event: StagedEvent) -> Result<Self, IllegalTransition> {
        use StagedEvent as E;
        match (self, event) {
            (Self::Staged | Self::Selected, E::Selected) => Ok(Self::Selected),
            (Self::Selected | Self::Published, E::Published) => Ok(Self::Published),
            (Self::Published | Self::Selected, E::Withdrawn) => Ok(Self::Selected),
            (Self::Staged | Self::Selected | Self::Rejected, E::Rejected) => Ok(Self::Rejected),
            _ => Err(IllegalTransition {
                machine: "staged product",
                state: self.as_str(),
                event: event.as_str(),
            }),
        }
    }
}

/// The text is no status of a staged product.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a status is staged, selected, published or rejected")]
pub struct NotAStatus;

impl FromStr for StagedStatus {
    type Err = NotAStatus;

    fn from_str(text: &str) -> Result<Self, NotAStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(NotAStatus)
    }
}

impl StagedEvent {
    pub const ALL: [Self; 4] = [Self::Selected, Self::Published, Self::Withdrawn, Self::Rejected];

    fn as_str(self) -> &'static str {
        match self {
            Self::Selected => "selected",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
            Self::Rejected => "rejected",
        }
    }
}

/// A row of a feed as it was last read, and what the vendor made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Staged {
    pub id: StagedId,
    pub vendor_id: VendorId,
    /// The import that brought it for the first time.
    pub first_import_id: ImportId,
    /// The last import that changed it.
    pub import_id: ImportId,
    pub status: StagedStatus,
    pub row: FeedRow,
    /// Of the row: an import that brings the same one writes nothing.
    pub hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
}

/// What an import did to a row. Asked again, after a repeat of the same import, it is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Created,
    Updated,
    Unchanged,
}

/// What is to be done with a row that a feed brings.
#[derive(Clone, Debug, PartialEq)]
pub enum Staging {
    /// Nothing: it lies there already, or something newer does.
    Keep(Change),
    /// Write it, in place of the version named where there is one.
    Write { staged: Box<Staged>, seen: Option<u64>, change: Change },
}

impl Staged {
    /// Compares a row with what lies there.
    ///
    /// The row of an older import never replaces one of a newer import, however late it comes.
    pub fn bring(
        seen: Option<&Self>,
        vendor_id: VendorId,
        id: StagedId,
        import_id: ImportId,
        row: FeedRow,
        hash: String,
        now: Timestamp,
    ) -> Staging {
        let Some(seen) = seen else {
            let staged = Self {
                id,
                vendor_id,
                first_import_id: import_id,
                import_id,
                status: StagedStatus::Staged,
                row,
                hash,
                product_id: None,
                selected_at: None,
                published_at: None,
                created_at: now,
                updated_at: now,
                version: 1,
            };
            return Staging::Write { staged: Box::new(staged), seen: None, change: Change::Created };
        };
        let of_this_import = if seen.first_import_id == import_id {
            Change::Created
        } else if seen.import_id == import_id {
            Change::Updated
        } else {
            Change::Unchanged
        };
        if seen.hash == hash || seen.import_id >= import_id {
            return Staging::Keep(of_this_import);
        }
        let version = seen.version + 1;
        let staged = Self { import_id, row, hash, updated_at: now, version, ..seen.clone() };
        Staging::Write { staged: Box::new(staged), seen: Some(seen.version), change: Change::Updated }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_published_only_when_it_was_selected() {
        use StagedEvent as E;
        use StagedStatus as S;
        for state in S::ALL {
            for event in E::ALL {
                let next = match (state, event) {
                    (S::Staged | S::Selected, E::Selected) => Some(S::Selected),
                    (S::Selected | S::Published, E::Published) => Some(S::Published),
                    (S::Selected | S::Published, E::Withdrawn) => Some(S::Selected),
                    (S::Staged | S::Selected | S::Rejected, E::Rejected) => Some(S::Rejected),
                    _ => None,
                };
                let got = state.on(event);
                assert_eq!(got.clone().ok(), next, "{state:?} on {event:?}");
                if let Ok(reached) = got {
                    assert_eq!(reached.on(event), Ok(reached), "repeating {event:?}");
                }
            }
        }
    }
}
