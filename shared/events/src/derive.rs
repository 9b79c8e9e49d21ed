use domain::{Tenant, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{Envelope, EventType, cart, order, people, product, variant, work};

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
        "cart" => cart::events(&change.read()?),
        "order" => order::events(&change.read()?),
        "shipment" => order::shipment_events(&change.read()?, change.seen_at),
        "product" => product::events(&change.read()?),
        "variant" => variant::events(&change.read()?, change.seen_at),
        "vendor" => people::vendor_events(&change.read()?),
        "staff" => people::staff_events(&change.read()?),
        "admin" => people::admin_events(&change.read()?),
        "customer" => people::customer_events(&change.read()?),
        "import" => work::import_events(&change.read()?),
        "media" => work::media_events(&change.read()?),
        _ => return Ok(Vec::new()),
    };
    told.into_iter().map(|event| change.envelope(new, event)).collect()
}

/// What an entity's change is told from.
pub(crate) struct Images<T> {
    pub(crate) old: Option<T>,
    pub(crate) new: T,
}

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
    fn read<T: DeserializeOwned>(&self) -> Result<Images<T>, Unreadable> {
        let image = |doc: &Map<String, Value>| {
            T::deserialize(doc)
                .map_err(|source| Unreadable { kind: text(doc, "entity").unwrap_or_default(), source })
        };
        let new = image(self.new.unwrap_or(&Map::new()))?;
        Ok(Images { old: self.old.map(image).transpose()?, new })
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

/// An event's id, of all that tells it from others.
pub(crate) fn id_of(text: &str) -> String {
    let digest = hex::encode(Sha256::digest(text));
    format!("evt_{}", digest.get(..32).unwrap_or_default())
}

fn text(doc: &Map<String, Value>, attribute: &str) -> Option<String> {
    doc.get(attribute).and_then(Value::as_str).map(str::to_owned)
}
