//! TLS over the generator's own sockets: rustls with the provider and the certificate verifier that the client uses.

use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use super::network::Received;

/// What TLS connections to a host share: trust, and tickets for resumption.
#[derive(Debug)]
pub struct TlsSettings {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl TlsSettings {
    /// Settings for `host`, which the certificates `ca` (PEM) must vouch for; without them, the platform's roots.
    ///
    /// # Errors
    /// The host cannot be a server's name, `ca` holds no certificate, or the platform has no roots.
    pub fn new(host: &str, ca: Option<&str>) -> Result<Self, String> {
        let name = ServerName::try_from(host.to_owned()).map_err(|e| format!("`{host}` cannot speak TLS: {e}"))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let unusable = |e| format!("cannot set up TLS: {e}");
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(unusable)?;
        let trusting = match ca {
            Some(ca) => builder.with_root_certificates(roots(ca)?),
            None => builder.with_platform_verifier().map_err(unusable)?,
        };
        let mut config = trusting.with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), name })
    }

    /// A connection that has not shaken hands yet.
    ///
    /// # Errors
    /// The settings do not make a connection, as rustls says.
    pub fn connection(&self) -> Result<ClientConnection, rustls::Error> {
        ClientConnection::new(Arc::clone(&self.config), self.name.clone())
    }
}

fn roots(ca: &str) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca.as_bytes()) {
        let certificate = certificate.map_err(|e| format!("the certificates to trust are not legal PEM: {e}"))?;
        roots.add(certificate).map_err(|e| format!("a certificate to trust is unusable: {e}"))?;
    }
    if roots.is_empty() {
        return Err("the certificates to trust: there is none; PEM begins with -----BEGIN CERTIFICATE-----".into());
    }
    Ok(roots)
}

/// One TLS connection.
pub(super) struct Session {
    tls: ClientConnection,
    /// Whether the socket gave less than it was asked for the last time, so that it has no more until it says so.
    drained: bool,
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

impl Session {
    pub(super) fn new(settings: &TlsSettings) -> io::Result<Self> {
        let tls = settings.connection().map_err(invalid)?;
        Ok(Self { tls, drained: false })
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
        self.flush(stream)?;
        loop {
            match self.tls.reader().read(buffer) {
                Ok(length) => return Ok(Received { length, more: !self.drained || length == buffer.len() }),
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(Received { length: 0, more: false }),
                Err(e) if e.kind() != io::ErrorKind::WouldBlock => return Err(e),
                Err(_) => {}
            }
            let mut noticing = Noticing { stream, short: false };
            self.tls.read_tls(&mut noticing)?;
            self.drained = noticing.short;
            self.tls.process_new_packets().map_err(invalid)?;
            self.flush(stream)?;
        }
    }

    pub(super) fn write(&mut self, stream: &mut (impl Read + Write), bytes: &[u8]) -> io::Result<usize> {
        let written = self.tls.writer().write(bytes)?;
        self.flush(stream)?;
        Ok(written)
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
