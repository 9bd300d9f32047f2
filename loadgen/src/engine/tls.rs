//! TLS over the generator's own sockets: rustls with the provider and the certificate verifier that the client uses.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::BuilderVerifierExt;

use super::network::Received;
use crate::mistake::Mistake;

/// What TLS connections to a host share: trust, and tickets for resumption.
#[derive(Debug)]
pub struct TlsSettings {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

/// Whom TLS connections trust, and who they say they are.
#[derive(Clone, Default)]
pub(crate) struct Trust {
    /// Certificates (PEM) that vouch for the target in place of the platform's.
    pub(crate) ca: Option<String>,
    /// Our own certificate with its chain, and its key (both PEM), where the target asks for one.
    pub(crate) identity: Option<(String, String)>,
    /// Whether the target's certificate is not verified at all.
    pub(crate) insecure: bool,
}

/// Tells nothing of the key.
impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let identity = self.identity.is_some();
        f.debug_struct("Trust").field("identity", &identity).field("insecure", &self.insecure).finish_non_exhaustive()
    }
}

impl TlsSettings {
    /// Settings for `host`.
    ///
    /// # Errors
    /// The host cannot be a server's name, a certificate or key is unusable, or the platform has no roots.
    pub(crate) fn new(host: &str, trust: &Trust) -> Result<Self, Mistake> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|e| Mistake::usage(format!("`{host}` cannot speak TLS: {e}")))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let unusable = |e| Mistake::other(format!("cannot set up TLS: {e}"));
        seed(&provider).map_err(unusable)?;
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
        let trusting = match &trust.ca {
            _ if trust.insecure => builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider))),
            Some(ca) => builder.with_root_certificates(roots(ca)?),
            None => builder.with_platform_verifier().map_err(unusable)?,
        };
        let mut config = match &trust.identity {
            None => trusting.with_no_client_auth(),
            Some((certificates, key)) => {
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes());
                let key = key
                    .map_err(|e| Mistake::usage(format!("the key of our certificate (--key) is not legal PEM: {e}")))?;
                let chain = certificates_of(certificates, "our certificate (--cert)")?;
                let config = trusting.with_client_auth_cert(chain, key);
                config.map_err(|e| Mistake::usage(format!("our certificate and its key do not go together: {e}")))?
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), name })
    }

    /// A connection that has not shaken hands yet.
    fn connection(&self) -> Result<ClientConnection, rustls::Error> {
        ClientConnection::new(Arc::clone(&self.config), self.name.clone())
    }
}

/// Has the provider seed its random numbers. It does so when it is first asked for some, which takes up to 0.2 s of a
/// processor: the first requests of a run would wait for it, and count as late by this machine's fault.
fn seed(provider: &CryptoProvider) -> Result<(), rustls::Error> {
    provider.secure_random.fill(&mut [0; 32]).map_err(rustls::Error::from)
}

fn roots(ca: &str) -> Result<RootCertStore, Mistake> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates_of(ca, "the certificates to trust")? {
        roots.add(certificate).map_err(|e| Mistake::usage(format!("a certificate to trust is unusable: {e}")))?;
    }
    Ok(roots)
}

/// The certificates of a PEM text, at least one.
fn certificates_of(pem: &str, what: &str) -> Result<Vec<CertificateDer<'static>>, Mistake> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let certificates = certificates.map_err(|e| Mistake::usage(format!("{what}: not legal PEM: {e}")))?;
    if certificates.is_empty() {
        return Err(Mistake::usage(format!("{what}: there is none; PEM begins with -----BEGIN CERTIFICATE-----")));
    }
    Ok(certificates)
}

/// Takes anybody for the target (`--insecure`).
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
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
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// One TLS connection.
pub(super) struct TlsSession {
    tls: ClientConnection,
    /// Whether the socket gave less than it was asked for the last time, so that it has no more until it says so.
    drained: bool,
    /// Whether the peer has said that it sends nothing more.
    closed: bool,
    /// What was wrong with records that came after bytes which are still to be read.
    failure: Option<io::Error>,
}

/// Notices reads that get less than they ask for.
struct Noticing<'s, S> {
    stream: &'s mut S,
    short: bool,
}

impl<S: Read> Read for Noticing<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.stream.read(buffer)?;
        self.short = length < buffer.len();
        Ok(length)
    }
}

impl TlsSession {
    pub(super) fn new(settings: &TlsSettings) -> io::Result<Self> {
        let tls = settings.connection().map_err(invalid)?;
        Ok(Self { tls, drained: false, closed: false, failure: None })
    }

    /// Goes on with the handshake; true when it is done.
    pub(super) fn shake_hands(&mut self, stream: &mut (impl Read + Write)) -> io::Result<bool> {
        loop {
            self.flush(stream)?;
            if !self.tls.is_handshaking() {
                return Ok(true);
            }
            match self.tls.read_tls(stream) {
                Ok(0) => return Err(invalid("the peer closed within the handshake")),
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(e) => return Err(e),
            }
            if let Err(e) = self.tls.process_new_packets() {
                // The alert tells the peer why; whether it arrives changes nothing.
                let _ = self.flush(stream);
                return Err(invalid(e));
            }
        }
    }

    pub(super) fn read(&mut self, stream: &mut (impl Read + Write), buffer: &mut [u8]) -> io::Result<Received> {
        // A peer that takes no more bytes may have answered all the same.
        let flushed = self.flush(stream);
        loop {
            match self.tls.reader().read(buffer) {
                Ok(length) => {
                    // The end of the stream is a record like any other: it may have come with these bytes, and then the
                    // socket has nothing more to say about it.
                    let ended = self.closed || self.failure.is_some();
                    return Ok(Received { length, more: !self.drained || ended || length == buffer.len() });
                }
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(Received { length: 0, more: false }),
                Err(e) if e.kind() != io::ErrorKind::WouldBlock => return Err(e),
                Err(_) => {}
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            let mut noticing = Noticing { stream, short: false };
            match self.tls.read_tls(&mut noticing) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Err(flushed.err().unwrap_or(e)),
                other => other?,
            };
            self.drained = noticing.short;
            match self.tls.process_new_packets() {
                Ok(state) => self.closed |= state.peer_has_closed(),
                // What came whole before it is still to be read.
                Err(e) => self.failure = Some(invalid(e)),
            }
            // Answers to what has just come (key updates); what cannot be sent shows with the next request.
            let _ = self.flush(stream);
        }
    }

    /// Writes until all is taken or the socket takes no more: the records in between hold 64 KiB at most, and a socket
    /// that could have taken more makes no event.
    pub(super) fn write(&mut self, stream: &mut (impl Read + Write), bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        loop {
            self.flush(stream)?;
            if written == bytes.len() {
                return Ok(written);
            }
            if self.tls.wants_write() {
                return if written > 0 { Ok(written) } else { Err(io::ErrorKind::WouldBlock.into()) };
            }
            written += self.tls.writer().write(&bytes[written..])?;
        }
    }

    /// Writes records that wait, as far as the socket takes them; the rest goes with the next event.
    fn flush(&mut self, stream: &mut impl Write) -> io::Result<()> {
        while self.tls.wants_write() {
            match self.tls.write_tls(stream) {
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
