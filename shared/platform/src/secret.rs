//! Values that may not be seen: passwords, tokens, keys.
//!
//! **Invariant:** a [`Secret`] shows itself in no log, error or answer; only `reveal` gives it away, which a reader can search for.

use std::fmt;

use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A value that is hidden by `Debug` and `Display` and has no `Serialize`.
#[derive(Clone, Default)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Gives the value away, for the one call that needs it.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl Secret<String> {
    /// Answers SHA-256 of the text in hex, the form in which tokens are stored.
    pub fn sha256_hex(&self) -> String {
        sha256_hex(&self.0)
    }

    /// Answers whether the text is `other`, in a time that depends on the lengths alone.
    pub fn is(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

/// Equality in a time that depends on the lengths alone.
impl PartialEq for Secret<String> {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for Secret<String> {}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

/// Answers SHA-256 of the text as 64 hex digits.
pub fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = Secret::new("hunter2".to_owned());
        assert!(!format!("{secret} {secret:?} {:#?}", Some(&secret)).contains("hunter2"));
        assert_eq!(secret.reveal(), "hunter2");
    }

    #[test]
    fn secrets_are_equal_when_their_texts_are() {
        let secret = Secret::new("hunter2".to_owned());
        assert!(secret.is("hunter2") && secret == Secret::new("hunter2".to_owned()));
        for other in ["", "hunter", "hunter3", "hunter22", "Hunter2"] {
            assert!(!secret.is(other), "{other}");
        }
    }

    #[test]
    fn sha256_is_that_of_fips_180() {
        assert_eq!(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_secret_is_read_from_json() {
        #[derive(Deserialize)]
        struct Login {
            password: Secret<String>,
        }
        let login: Login = serde_json::from_str(r#"{"password":"hunter2"}"#).unwrap();
        assert!(login.password.is("hunter2"));
    }
}
