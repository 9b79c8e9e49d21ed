use std::{fs, io, path::PathBuf, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};

/// Amazon's certificate authorities: five are read in a fraction of what the system's 145 take.
const AMAZON: &[u8] = include_bytes!("roots.pem");

/// Whose certificates are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// Amazon's, which all of AWS has but China's.
    Amazon,
    /// Those in a file of PEM.
    File(PathBuf),
    /// Whom browsers trust (Mozilla's list).
    Web,
}

/// The file of trusted certificates can't be read, or holds none.
#[derive(Debug, thiserror::Error)]
#[error("there is no readable file of certificates")]
pub struct NoRoots(#[source] io::Error);

/// Makes a TLS configuration.
pub(super) fn config(trusted: &Roots) -> Result<ClientConfig, NoRoots> {
    let roots = match trusted {
        Roots::Amazon => roots(AMAZON),
        Roots::File(path) => fs::read(path).and_then(|pem| roots(&pem)),
        Roots::Web => Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()),
    };
    let roots = roots.map_err(NoRoots)?;
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| NoRoots(io::Error::other(error)))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn roots(pem: &[u8]) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    if roots.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no certificate in it"));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amazons_roots_are_five_certificates() {
        assert_eq!(roots(AMAZON).unwrap().len(), 5);
        assert!(config(&Roots::Amazon).is_ok() && config(&Roots::Web).is_ok());
    }

    #[test]
    fn a_file_without_certificates_is_refused_at_the_start() {
        for path in ["/nonexistent.pem", "Cargo.toml"] {
            assert!(config(&Roots::File(path.into())).is_err(), "{path}");
        }
    }
}
