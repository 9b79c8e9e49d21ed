use super::*;

#[test]
fn a_job_ends_once_and_starts_again_only_where_nothing_was_completed() {
    use ImportStatus as S;
    for state in S::ALL {
        for event in ImportEvent::ALL {
            let next = match (state, event) {
                (S::Completed | S::CompletedWithErrors, ImportEvent::Started) => None,
                (_, ImportEvent::Started) => Some(S::Running),
                (S::Running | S::Completed, ImportEvent::Completed) => Some(S::Completed),
                (S::Running | S::CompletedWithErrors, ImportEvent::CompletedWithErrors) => {
                    Some(S::CompletedWithErrors)
                }
                (S::Pending | S::Running | S::Failed, ImportEvent::Failed) => Some(S::Failed),
                (S::Pending | S::Running | S::Cancelled, ImportEvent::Cancelled) => Some(S::Cancelled),
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

#[test]
fn only_an_unfinished_job_is_due_and_later_once_it_runs() {
    let made = Timestamp::from_secs(1_000);
    let source = Source::Url { url: String::new() };
    let job =
        ImportJob::new(crate::Id::from_bits(1), crate::Id::from_bits(2), source, Currency::EUR, None, made);
    for status in ImportStatus::ALL {
        let waits = match status {
            ImportStatus::Pending => Some(12),
            ImportStatus::Running => Some(60),
            _ => None,
        };
        let due = ImportJob { status, ..job.clone() }.due_at();
        assert_eq!(due, waits.map(|minutes| made + Duration::from_secs(minutes * 60)), "{status:?}");
    }
}

#[test]
fn messages_have_one_form() {
    let work = Work::Stage {
        vendor_id: crate::Id::from_bits(1),
        import_id: crate::Id::from_bits(2),
        plan: "p".to_owned(),
        chunk: 3,
    };
    let text = serde_json::to_string(&work).unwrap();
    assert_eq!(
        text,
        r#"{"step":"stage","vendor_id":"ven_00000000000000000000000001","import_id":"imp_00000000000000000000000002","plan":"p","chunk":3}"#
    );
    assert_eq!(serde_json::from_str::<Work>(&text).unwrap(), work);
}
