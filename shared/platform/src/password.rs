//! Password hashes: argon2id, kept as PHC strings.
//!
//! Hashing is synchronous on purpose: a Lambda process serves one request at a time, so there is nobody whom a blocked thread keeps waiting,
//! and a second thread would share the same fraction of a core.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash};

use crate::{random::Random, secret::Secret};

/// What a hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
}

impl Cost {
    /// OWASP's minimum for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. About 24 ms of one core.
    pub const OWASP: Self = Self { memory_kib: 19 * 1024, passes: 2 };

    /// Next to nothing, for tests and the simulation; never for people's passwords.
    pub const WEAK: Self = Self { memory_kib: 8, passes: 1 };
}

/// A password could not be hashed: no memory, or a password of 4 GiB.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct NotHashed(#[source] password_hash::Error);

/// Hashes passwords and checks them.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    random: Arc<dyn Random>,
}

impl Passwords {
    pub fn new(cost: Cost, random: Arc<dyn Random>) -> Self {
        // Params::DEFAULT stands for values that can't be refused: both costs are constants of this module.
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).unwrap_or(Params::DEFAULT);
        Self { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), random }
    }

    /// Hashes with a new salt; answers a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$…`.
    ///
    /// # Errors
    /// [`NotHashed`] when memory is short.
    pub fn hash(&self, password: &Secret<String>) -> Result<String, NotHashed> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let hash =
            self.argon2.hash_password_with_salt(password.reveal().as_bytes(), &salt).map_err(NotHashed)?;
        Ok(hash.to_string())
    }

    /// Answers whether the password is the one that was hashed; false for a text that is no hash.
    pub fn verify(&self, password: &Secret<String>, hash: &str) -> bool {
        self.argon2.verify_password(password.reveal().as_bytes(), hash).is_ok()
    }

    /// Costs what [`verify`](Self::verify) costs and answers false: for a login whose account does not exist, so that the time
    /// of the answer does not tell which addresses have one.
    pub fn verify_against_nobody(&self, password: &Secret<String>) -> bool {
        let hash = self.argon2.hash_password_with_salt(password.reveal().as_bytes(), &[0; 16]);
        // What is never looked at could be left out by the compiler.
        drop(std::hint::black_box(hash));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    fn passwords(cost: Cost) -> Passwords {
        Passwords::new(cost, Arc::new(SeededRandom::new(3)))
    }

    #[test]
    fn a_password_verifies_against_its_own_hash_alone() {
        let passwords = passwords(Cost::WEAK);
        let (right, wrong) = (Secret::new("correct horse".to_owned()), Secret::new("battery".to_owned()));
        let hash = passwords.hash(&right).unwrap();
        assert!(passwords.verify(&right, &hash));
        assert!(!passwords.verify(&wrong, &hash));
        assert!(!passwords.verify(&right, "not a hash"));
        assert!(!passwords.verify_against_nobody(&right));
    }

    #[test]
    fn each_hash_has_its_own_salt() {
        let passwords = passwords(Cost::WEAK);
        let password = Secret::new("correct horse".to_owned());
        assert_ne!(passwords.hash(&password).unwrap(), passwords.hash(&password).unwrap());
    }

    #[test]
    fn people_get_the_cost_that_owasp_names() {
        let hash = passwords(Cost::OWASP).hash(&Secret::new("correct horse".to_owned())).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    }

    #[test]
    fn a_hash_keeps_its_cost_when_ours_moves() {
        let password = Secret::new("correct horse".to_owned());
        let hash = passwords(Cost::WEAK).hash(&password).unwrap();
        assert!(passwords(Cost { memory_kib: 16, passes: 2 }).verify(&password, &hash));
    }
}
