//! One sample per type of event: what producers promise and consumers may rely on.

#[cfg(test)]
mod samples {
    use std::{collections::BTreeSet, fs, path::PathBuf};

    use events::{Envelope, EventType, data};
    use serde::{Serialize, de::DeserializeOwned};
    use serde_json::Value;

    fn folder() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples")
    }

    fn sample(kind: EventType) -> Value {
        let path = folder().join(format!("{}.json", kind.as_str()));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Reads a payload as its type has it, and writes it again.
    fn again(event: &Envelope) -> Value {
        use EventType as E;
        fn through<T: DeserializeOwned + Serialize>(event: &Envelope) -> Value {
            let data: T = event.data().unwrap_or_else(|error| panic!("{}: {error}", event.kind.as_str()));
            serde_json::to_value(data).unwrap()
        }
        match event.kind {
            E::AccountCreated => through::<data::AccountCreated>(event),
            E::AdminInvited => through::<data::AdminInvited>(event),
            E::CartAbandoned | E::CartCheckoutInitiated | E::CartCreated => {
                through::<data::CartChanged>(event)
            }
            E::CartItemAdded => through::<data::CartItemAdded>(event),
            E::CustomerRegistered => through::<data::CustomerRegistered>(event),
            E::ImportCompleted => through::<data::ImportCompleted>(event),
            E::MediaReady | E::MediaRejected | E::MediaUploaded => through::<data::MediaChanged>(event),
            E::OrderCreated => through::<data::OrderCreated>(event),
            E::OrderCancelled | E::OrderConfirmed | E::OrderPaid | E::OrderStatusChanged => {
                through::<data::OrderChanged>(event)
            }
            E::PaymentCaptured
            | E::PaymentDisputeLost
            | E::PaymentDisputeWon
            | E::PaymentDisputed
            | E::PaymentFailed
            | E::PaymentRefundRequested
            | E::PaymentRefunded => through::<data::PaymentChanged>(event),
            E::PaymentDisputeReported => through::<data::DisputeReported>(event),
            E::ProductArchived | E::ProductCreated | E::ProductPublished | E::ProductUpdated => {
                through::<data::ProductChanged>(event)
            }
            E::ShipmentCreated | E::ShipmentStatusUpdated => through::<data::ShipmentChanged>(event),
            E::StockBack
            | E::StockCreated
            | E::StockLow
            | E::StockReleased
            | E::StockReserved
            | E::StockSold
            | E::StockUpdated => through::<data::StockChanged>(event),
            E::TransferPaid | E::TransferReversed => through::<data::TransferChanged>(event),
            E::VendorCreated => through::<data::VendorCreated>(event),
            E::VendorPayoutsUpdated => through::<data::PayoutsUpdated>(event),
        }
    }

    #[test]
    fn every_type_has_one_sample_and_no_sample_is_without_a_type() {
        let files: BTreeSet<String> = fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let types: BTreeSet<String> =
            EventType::ALL.iter().map(|kind| format!("{}.json", kind.as_str())).collect();
        assert_eq!(files, types);
    }

    #[test]
    fn every_sample_is_an_envelope_of_its_type_with_nothing_unknown_and_nothing_missing() {
        for kind in EventType::ALL {
            let sample = sample(*kind);
            let event: Envelope = serde_json::from_value(sample.clone())
                .unwrap_or_else(|error| panic!("{}: {error}", kind.as_str()));
            assert_eq!(event.kind, *kind);
            assert_eq!(serde_json::to_value(&event).unwrap(), sample, "{}", kind.as_str());
            assert_eq!(again(&event), event.data, "{}", kind.as_str());
        }
    }

    #[test]
    fn every_sample_has_an_id_of_its_own_and_tells_no_person() {
        let mut ids = BTreeSet::new();
        for kind in EventType::ALL {
            let sample = sample(*kind);
            let id = sample["id"].as_str().unwrap();
            let digits = id.strip_prefix("evt_").unwrap_or_default();
            assert!(digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
            assert!(ids.insert(id.to_owned()), "{id} comes twice");
            let text = sample.to_string();
            assert!(!text.contains('@') && !text.contains("client_secret"), "{text}");
        }
    }

    #[test]
    fn a_source_is_the_part_before_the_dot() {
        for kind in EventType::ALL {
            let aggregate = kind.as_str().split('.').next().unwrap();
            assert_eq!(kind.source(), format!("souk.{aggregate}"));
        }
    }
}
