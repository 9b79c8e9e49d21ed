//! Letters: a template with what it is filled with.
//!
//! A template lies in `infra/mail/`, as text whose first line is the subject and as HTML. In HTML everything is escaped.

use std::sync::OnceLock;

use domain::email::Email;
use minijinja::{Environment, UndefinedBehavior, value::Serde};
use platform::Mail;
use serde_json::Value;

/// A mail that is still to be rendered.
pub(crate) struct Letter {
    pub(crate) kind: LetterKind,
    pub(crate) to: Email,
    pub(crate) context: Value,
}

const LAYOUT: &str = include_str!("../../../infra/mail/layout.html");
/// Stands between the subject and the text.
const RULE: &str = "\n---\n";

macro_rules! letter_kinds {
    ($($kind:ident $name:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum LetterKind {
            $($kind,)*
        }

        impl LetterKind {
            pub(crate) const ALL: &[Self] = &[$(Self::$kind,)*];

            /// By which mails of a kind are counted.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// Its text, with the subject, and its HTML.
            fn templates(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$kind => (
                        include_str!(concat!("../../../infra/mail/", $name, ".txt")),
                        include_str!(concat!("../../../infra/mail/", $name, ".html")),
                    ),)*
                }
            }
        }
    };
}

letter_kinds! {
    AdminInvited "admin-invited",
    CustomerWelcome "customer-welcome",
    ImportCompleted "import-completed",
    OrderCancelled "order-cancelled",
    OrderConfirmed "order-confirmed",
    OrderRefunded "order-refunded",
    PaymentDisputed "payment-disputed",
    StockLow "stock-low",
    VendorWelcome "vendor-welcome",
}

impl Letter {
    /// Fills the templates; `reference` tells the mail from others.
    ///
    /// # Errors
    /// A template asks for what the letter does not hold: a fault of ours.
    pub(crate) fn render(self, reference: &str) -> Result<Mail, minijinja::Error> {
        let environment = self.kind.environment()?;
        let context = minijinja::Value::from(Serde(&self.context));
        let render = |name: &str| environment.get_template(name)?.render(context.clone());
        Ok(Mail {
            to: self.to,
            subject: one_line(&render("subject.txt")?),
            text: render("mail.txt")?,
            html: Some(render("mail.html")?),
            kind: self.kind.name(),
            reference: reference.to_owned(),
        })
    }
}

/// What was read of each kind's templates, once for all mails of this process.
static READ: [OnceLock<Environment<'static>>; LetterKind::ALL.len()] =
    [const { OnceLock::new() }; LetterKind::ALL.len()];

impl LetterKind {
    fn environment(self) -> Result<&'static Environment<'static>, minijinja::Error> {
        #[expect(clippy::indexing_slicing, reason = "there is a place for each kind")]
        let place = &READ[self as usize];
        if let Some(environment) = place.get() {
            return Ok(environment);
        }
        let environment = self.read()?;
        Ok(place.get_or_init(|| environment))
    }

    fn read(self) -> Result<Environment<'static>, minijinja::Error> {
        let (text, html) = self.templates();
        let (subject, text) = text.split_once(RULE).unwrap_or((self.name(), text));
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // The name's ending decides what is escaped.
        for (name, source) in
            [("layout.html", LAYOUT), ("mail.html", html), ("subject.txt", subject), ("mail.txt", text)]
        {
            environment.add_template(name, source)?;
        }
        Ok(environment)
    }
}

/// A name may hold line breaks; a subject that did would end its header.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn letter(kind: LetterKind, shop: &str) -> Mail {
        let context = json!({
            "shop": shop, "link": "https://console.example.com/x?token=abc-_9&y=1", "days": 7, "role": "admin", "name": shop,
            "order": "ord_1", "lines": [{"quantity": 2, "title": shop, "options": "size: L", "price": "12.34 EUR"}],
            "items": "12.34 EUR", "shipping": "0.00 EUR", "total": "12.34 EUR", "tax": "1.79 EUR", "delivery": "2026-11-25",
            "address": {"name": shop, "line1": "1, rue", "line2": null, "city": "X", "region": null, "postal_code": "L-1", "country": "LU"},
            "reason": "buyer", "why": shop, "amount": "2.00 EUR", "share": "1.80 EUR", "state": "opened", "captured": false, "status": "completed",
            "sku": "TEA-1", "title": shop, "options": "size: L", "on_hand": 2, "held": 1,
            "rows_total": 5, "rows_failed": 1, "created": 2, "updated": 1, "unchanged": 1,
        });
        Letter { kind, to: "ada@example.org".parse().unwrap(), context }.render("evt_1").unwrap()
    }

    #[test]
    fn each_letter_has_a_subject_a_text_and_its_link_in_both_parts() {
        for kind in LetterKind::ALL {
            let mail = letter(*kind, "Tea");
            let html = mail.html.unwrap();
            assert!(
                !mail.subject.is_empty() && mail.subject.len() < 80 && !mail.subject.contains('\n'),
                "{kind:?}"
            );
            assert!(mail.text.contains("https://console.example.com/x?token=abc-_9&y=1"), "{kind:?}");
            assert!(html.contains("x?token=abc-_9&amp;y=1\""), "{kind:?}: {html}");
            assert!(html.trim_end().ends_with("</html>"), "{kind:?}");
            for part in [&mail.subject, &mail.text, &html] {
                assert!(!part.contains("{{") && !part.contains("{%"), "{kind:?}: {part}");
            }
            assert!(!mail.text.contains("none") && !html.contains(">none<"), "{kind:?}");
            assert!(!mail.text.contains("\n\n\n"), "{kind:?}: {}", mail.text);
            assert_eq!((mail.kind, mail.reference.as_str()), (kind.name(), "evt_1"));
        }
    }

    #[test]
    fn what_people_type_is_text_in_html_and_as_it_is_in_text() {
        for kind in LetterKind::ALL {
            let mail = letter(*kind, "<script>alert('x')</script> & Co");
            let html = mail.html.unwrap();
            assert!(!html.contains("<script"), "{kind:?}: {html}");
            assert!(!mail.text.contains("&lt;") && !mail.subject.contains("&lt;"), "{kind:?}");
        }
    }

    #[test]
    fn a_name_ends_no_subject() {
        for kind in LetterKind::ALL {
            let mail = letter(*kind, "Tea\r\nBcc: x@y.z\n---\nnot the text");
            assert!(!mail.subject.contains(['\r', '\n']), "{kind:?}");
        }
    }

    #[test]
    fn a_template_that_asks_for_more_than_there_is_fails() {
        let letter = Letter {
            kind: LetterKind::VendorWelcome,
            to: "ada@example.org".parse().unwrap(),
            context: json!({"shop": "Tea"}),
        };
        assert!(letter.render("evt_1").is_err());
    }
}
