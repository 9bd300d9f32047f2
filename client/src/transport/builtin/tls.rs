use crate::transport::settings::{HttpSettings, Protocol, Unusable};
use rustls::ClientConfig;
use rustls::client::WantsClientCert;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls_platform_verifier::Verifier;
use std::sync::{Arc, OnceLock};
use tokio_rustls::TlsConnector;

/// What TLS is set up from. The certificate store is read at the first need, because that takes its time and plain HTTP
/// has none; and machines without one can still speak plain HTTP.
pub(super) struct Tls {
    roots: Vec<CertificateDer<'static>>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    protocol: Protocol,
    connector: OnceLock<TlsConnector>,
}

impl Tls {
    pub(super) fn new(settings: &HttpSettings) -> Result<Self, Unusable> {
        let mut roots = Vec::new();
        for pem in &settings.roots {
            roots.extend(certificates(pem, "the root certificate")?);
        }
        let identity = settings.identity.as_deref().map(|pem| {
            let chain = certificates(pem, "the client certificate")?;
            let key = PrivateKeyDer::from_pem_slice(pem).map_err(|source| {
                Unusable::because("the client certificate has no private key: put both into one PEM text", source)
            })?;
            Ok::<_, Unusable>((chain, key))
        });
        let identity = identity.transpose()?;
        Ok(Self { roots, identity, protocol: settings.protocol, connector: OnceLock::new() })
    }

    /// The connector, set up by whoever asks first.
    pub(super) fn connector(&self) -> Result<&TlsConnector, rustls::Error> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector);
        }
        let connector = TlsConnector::from(Arc::new(self.config()?));
        Ok(self.connector.get_or_init(|| connector))
    }

    fn config(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Verifier::new_with_extra_roots(self.roots.iter().cloned(), Arc::clone(&provider))?;
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = self.with_identity(builder)?;
        config.alpn_protocols = match self.protocol {
            Protocol::Negotiated => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Protocol::Http1 => vec![b"http/1.1".to_vec()],
            Protocol::Http2 => vec![b"h2".to_vec()],
        };
        Ok(config)
    }

    fn with_identity(
        &self,
        builder: rustls::ConfigBuilder<ClientConfig, WantsClientCert>,
    ) -> Result<ClientConfig, rustls::Error> {
        match &self.identity {
            Some((chain, key)) => builder.with_client_auth_cert(chain.clone(), key.clone_key()),
            None => Ok(builder.with_no_client_auth()),
        }
    }
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let parsed = parsed.map_err(|source| Unusable::because(format!("{what} is not PEM"), source))?;
    if parsed.is_empty() {
        return Err(Unusable::new(format!("{what} holds no certificate: give a PEM text")));
    }
    Ok(parsed)
}
