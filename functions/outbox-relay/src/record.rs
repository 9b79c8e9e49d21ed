use std::sync::Arc;

use domain::Timestamp;
use events::{Change, Envelope};
use platform::Source;
use serde::Deserialize;
use table::{Item, dynamodb::Image};

/// A batch of the table's stream, as Lambda hands it over.
#[derive(Debug, Deserialize)]
pub(crate) struct StreamEvent {
    #[serde(rename = "Records")]
    pub(crate) records: Vec<StreamRecord>,
    /// It was laid aside, and somebody brings it back (infra/local/dead_letters.py): what still can't be read stays where it lies.
    #[serde(default)]
    pub(crate) brought_back: bool,
}

/// One change of one item.
#[derive(Debug, Deserialize)]
pub(crate) struct StreamRecord {
    #[serde(rename = "dynamodb")]
    change: StreamChange,
}

/// Both images of an item, in DynamoDB's JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct StreamChange {
    sequence_number: String,
    /// Seconds since 1970; some senders write a fraction.
    approximate_creation_date_time: f64,
    old_image: Option<Image>,
    new_image: Option<Image>,
}

/// A change as it is read: where in the stream it stands, and both images.
#[derive(Clone, Debug)]
pub struct Seen {
    pub sequence: String,
    pub at: Timestamp,
    pub old: Option<Arc<Item>>,
    pub new: Option<Arc<Item>>,
}

/// A record that can't be read, by its place in the stream.
#[derive(Debug)]
pub struct Unread {
    pub(crate) sequence: String,
    pub(crate) source: Source,
}

impl StreamRecord {
    pub(crate) fn read(self) -> Result<Seen, Unread> {
        let StreamChange { sequence_number, approximate_creation_date_time, old_image, new_image } =
            self.change;
        let image = |image: Option<Image>| image.map(|image| image.read().map(Arc::new)).transpose();
        match (image(old_image), image(new_image)) {
            (Ok(old), Ok(new)) => {
                let at = Timestamp::from_ms((approximate_creation_date_time * 1000.0) as i64);
                Ok(Seen { sequence: sequence_number, at, old, new })
            }
            (Err(error), _) | (_, Err(error)) => {
                Err(Unread { sequence: sequence_number, source: error.into() })
            }
        }
    }
}

impl Seen {
    /// What the change tells.
    pub(crate) fn events(self) -> Result<(String, Vec<Envelope>), Unread> {
        let Some(new) = &self.new else {
            return Ok((self.sequence, Vec::new()));
        };
        let change = Change {
            pk: &new.key.pk,
            sk: &new.key.sk,
            old: self.old.as_ref().map(|item| &*item.doc),
            new: Some(&new.doc),
            seen_at: self.at,
        };
        match events::of_change(&change) {
            Ok(told) => Ok((self.sequence, told)),
            Err(error) => Err(Unread { sequence: self.sequence, source: error.into() }),
        }
    }
}
