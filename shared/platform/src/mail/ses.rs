use async_trait::async_trait;
use aws_sdk_sesv2::{
    Client,
    error::SdkError,
    operation::send_email::SendEmailError,
    types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag},
};
use aws_types::SdkConfig;

use super::{Mail, Mailer, REFERENCE_HEADER};
use crate::{aws, error::Error};

/// SES, by its second API.
#[derive(Clone, Debug)]
pub struct Ses {
    pub(super) client: Client,
    from: String,
    configuration_set: Option<String>,
}

/// What SES said, by its code: its text names the address, which no error may show.
#[derive(Debug, thiserror::Error)]
#[error("SES answered {status} {code}")]
struct Answered {
    status: u16,
    code: String,
}

impl Ses {
    /// `from` is an address, or `Name <address>`, whose domain SES has verified; a configuration set is what publishes bounces and complaints.
    pub fn new(config: &SdkConfig, from: impl Into<String>, configuration_set: Option<String>) -> Self {
        Self { client: Client::new(config), from: from.into(), configuration_set }
    }
}

#[async_trait]
impl Mailer for Ses {
    async fn send(&self, mail: &Mail) -> Result<(), Error> {
        let body = Body::builder().text(content(&mail.text)?);
        let body = match &mail.html {
            Some(html) => body.html(content(html)?),
            None => body,
        };
        let reference = MessageHeader::builder().name(REFERENCE_HEADER).value(&mail.reference).build();
        let message = Message::builder().subject(content(&mail.subject)?).body(body.build());
        let message = message.headers(reference.map_err(Error::rejected)?).build();
        let kind = MessageTag::builder().name("kind").value(mail.kind).build().map_err(Error::rejected)?;
        let call = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .set_configuration_set_name(self.configuration_set.clone())
            .destination(Destination::builder().to_addresses(mail.to.as_str()).build())
            .content(EmailContent::builder().simple(message).build())
            .email_tags(kind);
        call.send().await.map_err(failure)?;
        Ok(())
    }
}

fn content(text: &str) -> Result<Content, Error> {
    Content::builder().data(text).charset("UTF-8").build().map_err(Error::rejected)
}

fn failure(error: SdkError<SendEmailError>) -> Error {
    let answered =
        Answered { status: aws::status(&error), code: aws::code(&error).unwrap_or_default().to_owned() };
    match error {
        SdkError::ServiceError(ref service) => match service.err() {
            SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_) => {
                Error::rejected(answered)
            }
            // What is wrong with the sender, not with the mail, passes once somebody mends it; until then the mail waits.
            SendEmailError::AccountSuspendedException(_)
            | SendEmailError::LimitExceededException(_)
            | SendEmailError::MailFromDomainNotVerifiedException(_)
            | SendEmailError::NotFoundException(_)
            | SendEmailError::SendingPausedException(_) => Error::unavailable(answered),
            _ if aws::is_retryable(&error) => Error::unavailable(answered),
            _ => Error::rejected(answered),
        },
        SdkError::ResponseError(_) => Error::unavailable(answered),
        error => aws::error(error),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sesv2::{
        config::http::HttpResponse,
        types::error::{MessageRejected, SendingPausedException},
    };
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn refused(status: u16, error: SendEmailError) -> Error {
        failure(SdkError::service_error(
            error,
            HttpResponse::new(status.try_into().unwrap(), SdkBody::from("ada@example.org")),
        ))
    }

    #[test]
    fn a_refused_mail_is_told_from_a_paused_sender() {
        let rejected = MessageRejected::builder().message("not verified: ada@example.org").build();
        assert!(!refused(400, SendEmailError::MessageRejected(rejected)).is_retryable());
        let paused = SendingPausedException::builder().build();
        assert!(refused(400, SendEmailError::SendingPausedException(paused)).is_retryable());
        assert!(refused(503, SendEmailError::unhandled("down")).is_retryable());
    }

    #[test]
    fn no_error_shows_the_address() {
        let rejected = MessageRejected::builder().message("not verified: ada@example.org").build();
        let error = refused(400, SendEmailError::MessageRejected(rejected));
        assert!(!format!("{error:?} {error}").contains("ada@"));
    }
}
