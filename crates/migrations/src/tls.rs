//! Encryption: rustls with ring, TLS 1.2 and 1.3, with the meaning that node-postgres gives the same settings.

use contract::database::{ClientCertificate, Tls};
use contract::{DatabaseSettings, Exit, Failure, Outcome};
use rustls::RootCertStore;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use std::path::PathBuf;
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What `postgres::Config::connect` takes; `None` is plain text.
pub(crate) type Connector = Option<MakeRustlsConnect>;

/// Where distributions keep the bundle of authorities, in the order of trying; `SSL_CERT_FILE` goes first.
const BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem", "/etc/pki/tls/certs/ca-bundle.crt"];

/// Builds the connector.
///
/// # Errors
/// Exit 2 when there is no usable certificate of an authority to check against, or our own cannot be used.
pub(crate) fn connector(settings: &DatabaseSettings) -> Outcome<Connector> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match &settings.tls {
        Tls::Off => return Ok(None),
        Tls::Unverified => Arc::new(Unverified(provider.clone())),
        Tls::Verified { ca } => Arc::new(Verified::new(authorities(ca.as_deref())?, provider.clone())?),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new("set up TLS").cause(error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match &settings.certificate {
        None => config.with_no_client_auth(),
        Some(ClientCertificate { certificate, key }) => {
            // Nothing of what the parser says: it may be of the key.
            let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|_| {
                Failure::new("use the key in `DB_SSL__KEY`")
                    .exit(Exit::Usage)
                    .hint("give a private key in PEM form, without a passphrase")
            })?;
            config
                .with_client_auth_cert(certificates("`DB_SSL__CERT`", certificate.as_bytes())?, key)
                .map_err(|error| {
                    Failure::new("use the certificate in `DB_SSL__CERT`")
                        .exit(Exit::Usage)
                        .cause(error)
                        .hint("DB_SSL__KEY must be the key of the first certificate in DB_SSL__CERT")
                })?
        }
    };
    Ok(Some(MakeRustlsConnect::new(config)))
}

/// The certificates to check against: the given ones alone, else the system's.
fn authorities(ca: Option<&str>) -> Outcome<Vec<CertificateDer<'static>>> {
    match ca {
        Some(pem) => certificates("`DB_SSL__CA`", pem.as_bytes()),
        None => system_bundle().and_then(|(from, pem)| certificates(&from, &pem)),
    }
}

fn certificates(from: &str, pem: &[u8]) -> Outcome<Vec<CertificateDer<'static>>> {
    let unusable = |why: String| {
        Failure::new(format!("read the certificates of {from}"))
            .exit(Exit::Usage)
            .cause(why)
            .hint("give the certificate in PEM form, -----BEGIN CERTIFICATE----- and so on")
    };
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(format!("{error:?}")))?;
    match certificates.is_empty() {
        true => Err(unusable("there is no certificate in it".to_owned())),
        false => Ok(certificates),
    }
}

/// Where the system's certificates may be, in the order of trying.
fn candidates() -> Vec<PathBuf> {
    match std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
        Some(path) => vec![path.into()],
        None => BUNDLES.iter().map(Into::into).collect(),
    }
}

/// The file of the system's certificates, if there is one: what we trust where no authority is given.
pub fn system_certificates() -> Option<PathBuf> {
    candidates().into_iter().find(|path| std::fs::File::open(path).is_ok())
}

fn system_bundle() -> Outcome<(String, Vec<u8>)> {
    let found = system_certificates()
        .and_then(|path| Some((format!("`{}`", path.display()), std::fs::read(path).ok()?)));
    found.ok_or_else(|| {
        let tried: Vec<_> = candidates().iter().map(|path| path.display().to_string()).collect();
        Failure::new("find the system's certificates")
            .exit(Exit::Usage)
            .cause(format!("none of these can be read: {}", tried.join(", ")))
            .hint("set DB_SSL__CA_FILE to the authority's certificate, or install ca-certificates")
    })
}

/// Certificate and host name are checked.
#[derive(Debug)]
struct Verified {
    inner: Arc<WebPkiServerVerifier>,
    pinned: Vec<CertificateDer<'static>>,
}

impl Verified {
    fn new(certificates: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Outcome<Self> {
        let mut roots = RootCertStore::empty();
        // A system bundle may hold a certificate that webpki cannot parse; the others still count.
        roots.add_parsable_certificates(certificates.iter().cloned());
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let inner = inner.map_err(|error| {
            Failure::new("use the certificates of the authority").exit(Exit::Usage).cause(error)
        })?;
        Ok(Verified { inner, pinned: certificates })
    }
}

impl ServerCertVerifier for Verified {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // `openssl req -x509` makes a server certificate that is its own authority. webpki refuses that form altogether;
            // OpenSSL, and so Directus, accepts it when it is the very certificate that was given to trust.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::Other(_) | CertificateError::UnknownIssuer,
            )) if self.pinned.iter().any(|pinned| pinned == end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// `DB_SSL__REJECT_UNAUTHORIZED=false`: whoever answers is believed, in whatever form its certificate is.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
