use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

use crate::{config::Reader, http::Roots, secret::Secret};

/// Where AWS is and as whom to go there.
#[derive(Clone, Debug)]
pub struct Settings {
    pub region: String,
    /// In place of all services' own addresses: an emulator's, on a laptop.
    pub endpoint: Option<String>,
    pub access_key_id: String,
    pub secret_access_key: Secret<String>,
    pub session_token: Option<Secret<String>>,
    pub roots: Roots,
}

impl Settings {
    /// Reads `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, which Lambda sets,
    /// `AWS_ENDPOINT_URL`, which a laptop may,
    /// and `CA_BUNDLE`: a PEM file of the only certificate authorities to trust, in place of Amazon's.
    pub fn read(env: &Reader<'_>) -> Self {
        Self {
            region: env.text("AWS_REGION"),
            endpoint: env.optional_url("AWS_ENDPOINT_URL"),
            access_key_id: env.text("AWS_ACCESS_KEY_ID"),
            secret_access_key: env.secret("AWS_SECRET_ACCESS_KEY"),
            session_token: env.optional("AWS_SESSION_TOKEN").map(Secret::new),
            roots: env.optional("CA_BUNDLE").map_or(Roots::Amazon, |path| Roots::File(path.into())),
        }
    }

    pub(super) fn credentials(&self) -> SharedCredentialsProvider {
        let token = self.session_token.as_ref().map(|token| token.reveal().clone());
        let secret = self.secret_access_key.reveal().clone();
        SharedCredentialsProvider::new(Credentials::new(
            self.access_key_id.clone(),
            secret,
            token,
            None,
            "environment",
        ))
    }
}
