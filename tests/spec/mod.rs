//! docs/SPEC.md against the product: every line of what was asked is answered once, and what an answer names is there.

mod names;
mod table;

use std::{collections::BTreeSet, fmt::Write, fs};

use events::EventType;

use names::{Code, Repository};
use table::{Answer, State};

/// How many lines each of the five documents asks for.
const DOCUMENTS: [(&str, usize); 5] = [("000", 126), ("001", 120), ("002", 58), ("003", 163), ("004", 112)];

/// The parts of the product that are still to come.
const PARTS: [&str; 12] = [
    "holds & checkout under faults",
    "ledger, refunds & settlement",
    "feeds at scale",
    "media at scale",
    "people & onboarding",
    "search",
    "web pages",
    "notifications",
    "reviews",
    "QR codes",
    "analytics",
    "one-machine program",
];

fn answers() -> Vec<Answer> {
    let path = names::root().join("docs/SPEC.md");
    table::answers(&fs::read_to_string(path).unwrap())
}

/// Fails with all that is wrong, a line each.
fn assert_none(wrong: &[(usize, String)]) {
    let mut text = String::new();
    for (line, fault) in wrong {
        writeln!(text, "docs/SPEC.md:{line}: {fault}").unwrap();
    }
    assert!(wrong.is_empty(), "\n{text}");
}

#[test]
fn every_line_that_was_asked_is_answered_once_and_in_order() {
    let asked: Vec<String> = DOCUMENTS
        .iter()
        .flat_map(|(document, lines)| (1..=*lines).map(move |line| format!("{document}-{line:03}")))
        .collect();
    let answers = answers();
    let mut wrong: Vec<(usize, String)> = Vec::new();
    let mut seen = BTreeSet::new();
    for answer in &answers {
        if !asked.contains(&answer.id) {
            wrong.push((answer.line, format!("nobody asked for {}", answer.id)));
        }
        if !seen.insert(&answer.id) {
            wrong.push((answer.line, format!("{} is answered before", answer.id)));
        }
    }
    let missing = asked.iter().filter(|id| !seen.contains(id));
    wrong.extend(missing.map(|id| (0, format!("{id} is not answered"))));
    if wrong.is_empty() {
        let first = answers.iter().zip(&asked).find(|(answer, id)| answer.id != **id);
        wrong.extend(first.map(|(answer, id)| (answer.line, format!("{id} comes first"))));
    }
    assert_none(&wrong);
}

#[test]
fn every_answer_is_whole() {
    let mut wrong = Vec::new();
    for answer in answers() {
        let fault = match answer.state {
            _ if answer.asked.is_empty() => "does not say what is asked",
            None => "is in none of the four states",
            Some(State::Here) if answer.names().is_empty() => "is here, and names nothing that shows it",
            Some(State::Later)
                if !PARTS.iter().any(|part| answer.stands.starts_with(&format!("Comes with {part}."))) =>
            {
                "does not begin with the part of the product that it comes with"
            }
            Some(State::Otherwise | State::Not) if answer.stands.is_empty() => "does not say how, or why not",
            Some(_) => continue,
        };
        wrong.push((answer.line, format!("{} {fault}", answer.id)));
    }
    assert_none(&wrong);
}

#[test]
fn every_name_in_an_answer_is_there() {
    let repository = Repository::read();
    let mut wrong = Vec::new();
    for answer in answers() {
        for name in answer.names() {
            let fault = match Code::of(name) {
                Some(code) => repository.lacks(&code),
                None => Some("is neither a route, an event, a test nor a file".to_owned()),
            };
            wrong.extend(fault.map(|fault| (answer.line, format!("{}: `{name}` {fault}", answer.id))));
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_event_answers_something_that_was_asked() {
    let answers = answers();
    let text: String = answers.iter().map(|answer| answer.stands.as_str()).collect();
    let unnamed: Vec<_> =
        EventType::ALL.iter().filter(|kind| !text.contains(&format!("`{}`", kind.as_str()))).collect();
    // Those that only carry what another one tells.
    let allowed = [
        EventType::AdminInvited,
        EventType::MediaRejected,
        EventType::MediaUploaded,
        EventType::OrderStatusChanged,
        EventType::PaymentDisputeLost,
        EventType::PaymentDisputeReported,
        EventType::PaymentDisputeWon,
        EventType::PaymentDisputed,
        EventType::PaymentRefundRequested,
        EventType::PaymentRefunded,
        EventType::TransferPaid,
        EventType::TransferReversed,
    ];
    assert_eq!(unnamed, allowed.iter().collect::<Vec<_>>());
}

#[test]
fn a_name_that_is_not_there_is_told() {
    let repository = Repository::read();
    for name in [
        "GET /api/v1/vendor/nonsense",
        "DELETE /api/v1/public/{channel}/shop-info",
        "POST {stripe-webhook}/nonsense",
        "order.nonsense",
        "test: nobody_wrote_this_one",
        "shared/domain/src/nonsense.rs",
        "shared/domain/src/cart.rs::Nonsense",
    ] {
        let code = Code::of(name).unwrap_or_else(|| panic!("{name} has no form"));
        assert!(repository.lacks(&code).is_some(), "{name} was found");
    }
    for name in ["PENDING", "cart_empty", "If-Match", "GET", "order.Paid", ""] {
        assert!(Code::of(name).is_none(), "{name} has a form");
    }
}

#[test]
fn every_event_that_is_named_has_a_sample() {
    for kind in EventType::ALL {
        let path = names::root().join(format!("shared/events/samples/{}.json", kind.as_str()));
        assert!(path.exists(), "{} is missing", path.display());
    }
}
