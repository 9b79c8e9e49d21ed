//! Logs: one JSON object a line on standard output, where Lambda picks them up.
//!
//! Fields have dotted names (`order.id`) and units in their names (`duration_ms`), and lie at the top of the object beside
//! `timestamp`, `level`, `target` and `message`; the fields of the span around them, such as the runtime's `requestId`, lie under `span`.
//! Neither personal data nor secrets are ever fields.
//!
//! A line with a field `alarm` calls somebody: template.yaml counts them, and docs/OPERATIONS.md says of each what to do. Its values are written
//! out where they are logged, so that a test finds them.

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt::MakeWriter,
    layer::SubscriberExt,
};

use crate::config;

/// What is logged where `RUST_LOG` says nothing or nonsense.
const DEFAULT_LEVEL: LevelFilter = LevelFilter::INFO;

/// Starts logging, filtered by `RUST_LOG`; a second call changes nothing.
pub fn init() {
    let filter = config::variable("RUST_LOG").unwrap_or_default();
    // An error means that a subscriber is set already, as in tests.
    let _already = tracing::subscriber::set_global_default(subscriber(&filter, std::io::stdout));
}

fn subscriber<W>(filter: &str, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // Levels by target (`info,cart=debug`) are all that is asked of a filter; one that knows spans and fields brings a regex engine along.
    let filter = match filter.trim() {
        "" => Targets::new().with_default(DEFAULT_LEVEL),
        filter => filter.parse().unwrap_or_else(|_| Targets::new().with_default(DEFAULT_LEVEL)),
    };
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_max_level(LevelFilter::TRACE)
        .with_writer(writer)
        .finish()
        .with(filter)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::Arc,
    };

    use super::*;
    use crate::guarded::Guarded;

    #[derive(Clone, Default)]
    struct Lines(Arc<Guarded<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.with(|lines| lines.write(bytes))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str) -> Vec<serde_json::Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(filter, move || writer.clone()), || {
            let _span = tracing::info_span!("invoke", requestId = "r-1").entered();
            tracing::info!(order.id = "ord_1", duration_ms = 3, "confirmed");
            tracing::debug!("details");
            tracing::error!(order.id = "ord_1", alarm = "payment_mismatch", "somebody has to look");
        });
        let text = lines.0.with(|lines| String::from_utf8(lines.clone()).unwrap());
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_is_json_with_dotted_fields_and_the_request_id() {
        let lines = logged("");
        assert_eq!(lines.len(), 2);
        let line = &lines[0];
        assert_eq!(
            (&line["order.id"], &line["duration_ms"], &line["message"]),
            (&"ord_1".into(), &3.into(), &"confirmed".into())
        );
        assert_eq!((&line["level"], &line["span"]["requestId"]), (&"INFO".into(), &"r-1".into()));
    }

    /// Where the template's filters look: `$.alarm`, and `$.message`.
    #[test]
    fn an_alarm_lies_at_the_top_of_its_line_whatever_span_is_around_it() {
        let line = &logged("")[1];
        assert_eq!(
            (&line["alarm"], &line["message"]),
            (&"payment_mismatch".into(), &"somebody has to look".into())
        );
        assert!(line["span"].is_object(), "{line}");
    }

    #[test]
    fn the_filter_decides_what_is_logged() {
        assert_eq!(logged("debug").len(), 3);
        assert_eq!(logged("warn").len(), 1);
        assert_eq!(logged("=/nonsense[").len(), 2);
    }
}
