use domain::{Tenant, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{Envelope, EventType, cart, money, order, people, product, variant, work};

/// One change of one item: its key, and its images without the key.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    pub pk: &'a str,
    pub sk: &'a str,
    pub old: Option<&'a Map<String, Value>>,
    pub new: Option<&'a Map<String, Value>>,
    /// When the stream saw it: the time of events of items that know none themselves. A repeat has the same.
    pub seen_at: Timestamp,
}

/// An image does not read as what its kind says.
#[derive(Debug, thiserror::Error)]
#[error("an image of a {kind} could not be read")]
pub struct Unreadable {
    pub kind: String,
    #[source]
    source: serde_json::Error,
}

/// The events of a change. What is taken away says nothing; what does not concern anybody neither.
pub fn of_change(change: &Change<'_>) -> Result<Vec<Envelope>, Unreadable> {
    let Some(new) = change.new else {
        return Ok(Vec::new());
    };
    let kind = new.get("entity").and_then(Value::as_str).unwrap_or_default();
    let told = match kind {
        "cart" => change.tells(cart::events),
        "order" => change.tells(order::events),
        "settlement" => change.tells(money::settlement_events),
        "dispute" => change.tells(|images| money::dispute_events(images, change.seen_at)),
        "shipment" => change.tells(|images| order::shipment_events(images, change.seen_at)),
        "product" => change.tells(product::events),
        "variant" => change.tells(|images| variant::events(images, change.seen_at)),
        "vendor" => change.tells(people::vendor_events),
        "staff" => change.tells(people::staff_events),
        "admin" => change.tells(people::admin_events),
        "customer" => change.tells(people::customer_events),
        "import" => change.tells(work::import_events),
        "media" => change.tells(work::media_events),
        _ => return Ok(Vec::new()),
    };
    told?.into_iter().map(|event| change.envelope(new, event)).collect()
}

/// What an entity's change is told from: what counts of it as it was (`Was`), and all of it as it is.
pub(crate) struct Images<Was, Is> {
    pub(crate) old: Option<Was>,
    pub(crate) new: Is,
}

/// What counts of an entity that says nothing after it was made.
#[derive(PartialEq, Deserialize)]
pub(crate) struct Made {}

/// An event before it is put into its envelope.
pub(crate) struct Told {
    kind: EventType,
    tenant: Tenant,
    at: Timestamp,
    data: Result<Value, serde_json::Error>,
    /// Tells apart events of one type from one change.
    part: String,
}

impl Told {
    pub(crate) fn new<T: Serialize>(kind: EventType, tenant: Tenant, at: Timestamp, data: &T) -> Self {
        Self { kind, tenant, at, data: serde_json::to_value(data), part: String::new() }
    }

    pub(crate) fn part(mut self, part: impl ToString) -> Self {
        self.part = part.to_string();
        self
    }
}

impl Change<'_> {
    /// What the change tells: nothing where all that counts is as it was, which is seen before all of the item is read.
    fn tells<Was, Is>(
        &self,
        tell: impl FnOnce(&Images<Was, Is>) -> Vec<Told>,
    ) -> Result<Vec<Told>, Unreadable>
    where
        Was: DeserializeOwned + PartialEq,
        Is: DeserializeOwned,
    {
        let Some(new) = self.new else { return Ok(Vec::new()) };
        let old = self.old.map(image::<Was>).transpose()?;
        if old.is_some() && old == Some(image(new)?) {
            return Ok(Vec::new());
        }
        Ok(tell(&Images { old, new: image(new)? }))
    }

    fn envelope(&self, new: &Map<String, Value>, told: Told) -> Result<Envelope, Unreadable> {
        let count = new.get("revision").or_else(|| new.get("version")).and_then(Value::as_u64).unwrap_or(0);
        let data = told
            .data
            .map_err(|source| Unreadable { kind: text(new, "entity").unwrap_or_default(), source })?;
        Ok(Envelope {
            id: id_of(&format!("{}\n{}\n{count}\n{}\n{}", self.pk, self.sk, told.kind.as_str(), told.part)),
            kind: told.kind,
            version: 1,
            tenant: told.tenant,
            occurred_at: told.at,
            correlation_id: text(new, "correlation_id"),
            actor: text(new, "actor"),
            data,
        })
    }
}

fn image<T: DeserializeOwned>(doc: &Map<String, Value>) -> Result<T, Unreadable> {
    T::deserialize(doc).map_err(|source| Unreadable { kind: text(doc, "entity").unwrap_or_default(), source })
}

/// An event's id, of all that tells it from others.
pub(crate) fn id_of(text: &str) -> String {
    let digest = hex::encode(Sha256::digest(text));
    format!("evt_{}", digest.get(..32).unwrap_or_default())
}

fn text(doc: &Map<String, Value>, attribute: &str) -> Option<String> {
    doc.get(attribute).and_then(Value::as_str).map(str::to_owned)
}
