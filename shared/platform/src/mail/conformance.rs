//! What every mailer does.

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Mail, Mailer, MemoryMailer, Ses};
use crate::aws::stack::{Stack, stack, unique};

/// A mailer and a look into the mailboxes.
#[async_trait]
trait Subject: Sync {
    fn mailer(&self) -> &dyn Mailer;
    /// Answers whether a mail with these four is among those that were sent.
    async fn has(&self, to: &str, subject: &str, text: &str, html: Option<&str>) -> bool;
}

#[async_trait]
impl Subject for MemoryMailer {
    fn mailer(&self) -> &dyn Mailer {
        self
    }

    async fn has(&self, to: &str, subject: &str, text: &str, html: Option<&str>) -> bool {
        let is = |mail: &Mail| {
            (mail.to.as_str(), mail.subject.as_str(), mail.text.as_str(), mail.html.as_deref())
                == (to, subject, text, html)
        };
        self.sent().iter().any(is)
    }
}

struct Emulated(Ses, Stack);

#[async_trait]
impl Subject for Emulated {
    fn mailer(&self) -> &dyn Mailer {
        &self.0
    }

    async fn has(&self, to: &str, subject: &str, text: &str, html: Option<&str>) -> bool {
        let url = format!("{}/_ministack/ses/messages", self.1.emulator_url);
        let answer = self.1.http("GET", &url, [], Bytes::new()).await;
        let body = aws_smithy_types::byte_stream::ByteStream::new(answer.into_body())
            .collect()
            .await
            .unwrap()
            .into_bytes();
        let sent: Value = serde_json::from_slice(&body).unwrap();
        let mut mails = sent["messages"]
            .as_object()
            .into_iter()
            .flat_map(|accounts| accounts.values())
            .filter_map(Value::as_array)
            .flatten();
        let expected = json!([[to], subject, text, html.unwrap_or_default()]);
        mails.any(|mail| json!([mail["To"], mail["Subject"], mail["BodyText"], mail["BodyHtml"]]) == expected)
    }
}

#[tokio::test]
async fn memory_conforms() {
    conforms(&MemoryMailer::new()).await;
}

#[tokio::test]
async fn ses_conforms() {
    let Some(stack) = stack() else { return };
    let domain = format!("{}.example", unique("from"));
    let ses = Ses::new(stack.aws.config(), format!("Souk <souk@{domain}>"), None);
    let from_nowhere = ses.send(&mail("ada@example.org", None)).await.unwrap_err();
    assert!(!from_nowhere.is_retryable() && !format!("{from_nowhere:?}").contains('@'));
    ses.client.create_email_identity().email_identity(domain).send().await.unwrap();
    conforms(&Emulated(ses, stack)).await;
}

fn mail(to: &str, html: Option<&str>) -> Mail {
    Mail {
        to: to.parse().unwrap(),
        subject: "Your order is confirmed – danke".to_owned(),
        text: "It costs 12 €.".to_owned(),
        html: html.map(str::to_owned),
        kind: "order-confirmed",
        reference: "evt-1".to_owned(),
    }
}

async fn conforms(subject: &dyn Subject) {
    let to = format!("{}@example.org", unique("to"));
    assert!(!subject.has(&to, "Your order is confirmed – danke", "It costs 12 €.", None).await);
    subject.mailer().send(&mail(&to, None)).await.unwrap();
    assert!(subject.has(&to, "Your order is confirmed – danke", "It costs 12 €.", None).await);

    let to = format!("{}@example.org", unique("html"));
    subject.mailer().send(&mail(&to, Some("<p>It costs 12 €.</p>"))).await.unwrap();
    assert!(
        subject
            .has(&to, "Your order is confirmed – danke", "It costs 12 €.", Some("<p>It costs 12 €.</p>"))
            .await
    );
}

#[test]
fn debug_shows_no_person() {
    let debug = format!("{:?}", mail("ada@example.org", None));
    assert!(debug.contains("order-confirmed") && !debug.contains("ada") && !debug.contains("12"), "{debug}");
}
