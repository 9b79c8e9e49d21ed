use domain::Timestamp;
use events::{Change, Envelope};
use serde::Deserialize;
use table::dynamodb::Image;

/// A batch of the table's stream, as Lambda hands it over.
#[derive(Debug, Deserialize)]
pub struct StreamEvent {
    #[serde(rename = "Records")]
    pub records: Vec<StreamRecord>,
}

/// One change of one item.
#[derive(Debug, Deserialize)]
pub struct StreamRecord {
    #[serde(rename = "dynamodb")]
    pub change: StreamChange,
}

/// Both images of an item, in DynamoDB's JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct StreamChange {
    pub sequence_number: String,
    /// Seconds since 1970; some senders write a fraction.
    pub approximate_creation_date_time: f64,
    pub old_image: Option<Image>,
    pub new_image: Option<Image>,
}

impl StreamRecord {
    pub(crate) fn sequence(&self) -> String {
        self.change.sequence_number.clone()
    }

    /// What the change tells.
    pub(crate) fn events(self) -> Result<Vec<Envelope>, platform::Source> {
        let old = self.change.old_image.map(Image::read).transpose()?;
        let Some(new) = self.change.new_image.map(Image::read).transpose()? else {
            return Ok(Vec::new());
        };
        let seen_at = Timestamp::from_ms((self.change.approximate_creation_date_time * 1000.0) as i64);
        let change = Change {
            pk: &new.key.pk,
            sk: &new.key.sk,
            old: old.as_ref().map(|item| &item.doc),
            new: Some(&new.doc),
            seen_at,
        };
        Ok(events::of_change(&change)?)
    }
}
