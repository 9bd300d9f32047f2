//! A target behind a certificate that only its owner vouches for.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use super::loadgen::{Run, Scratch, output};
use super::server::{Reply, Server, started, uuid};

/// A target that speaks TLS under its address, and its certificate as PEM.
pub(crate) fn target() -> (Server, String) {
    let (config, certificate) = self_signed();
    (serve(config), certificate)
}

/// What a server needs to speak TLS under its address, and its certificate as PEM.
fn self_signed() -> (ServerConfig, String) {
    let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    (config, certified.cert.pem())
}

/// A healthy target behind TLS.
fn serve(config: ServerConfig) -> Server {
    let config = Arc::new(config);
    Server::listen(
        TcpListener::bind("127.0.0.1:0").unwrap(),
        |request| Reply::Bytes(started(&uuid(request.number))),
        move |stream| {
            let session = ServerConnection::new(Arc::clone(&config)).map_err(std::io::Error::other)?;
            Ok(StreamOwned::new(session, stream))
        },
    )
}

/// A target that asks for a certificate, and as PEM: the one of its authority, and a client's with its key.
pub(crate) fn careful_target() -> (Server, String, String, String) {
    let key = || rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_key = key();
    let authority = parameters.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(parameters, authority_key);
    let signed = |name: &str| {
        let key = key();
        let parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        (parameters.signed_by(&key, &issuer).unwrap(), key)
    };
    let ((own, own_key), (client, client_key)) = (signed("127.0.0.1"), signed("client.test"));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.unwrap())
        .with_single_cert(vec![own.der().clone()], PrivateKeyDer::try_from(own_key.serialize_der()).unwrap())
        .unwrap();
    (serve(config), authority.pem(), client.pem(), client_key.serialize_pem())
}

pub(crate) fn url(server: &Server) -> String {
    server.url.replace("http://", "https://")
}

#[test]
fn a_trusted_private_certificate_carries_a_whole_run() {
    let (server, certificate) = target();
    let scratch = Scratch::new();
    let file = scratch.write("ca.pem", &certificate);
    let (url, file) = (url(&server), file.to_str().unwrap().to_owned());
    let run = Run::of(&["--rps", "400", "-n", "200", "-c", "4", "--cacert", &file, "--url", &url]);
    assert_eq!((run.exit, &run.summary["outcomes"]["started"]), (0, &json!(200)), "{}{}", run.stdout, run.stderr);
    let handshakes = run.summary["handshake_us"]["count"].as_u64().unwrap();
    assert!((1..=4).contains(&handshakes), "connections are used again: {handshakes} handshakes");
    assert!(run.summary["handshake_us"]["max"].as_u64().unwrap() > 0);
    run.assert_conserved();
}

#[test]
fn a_scenario_names_the_certificates_beside_it() {
    let (server, certificate) = target();
    let scratch = Scratch::new();
    scratch.write("ca.pem", &certificate);
    let scenario = format!(
        "schema = 1\nname = \"private\"\n[target]\nurl = \"{}\"\nca = \"ca.pem\"\n[load]\n\
        executor = \"constant-arrival-rate\"\nrate = 400\nrequests = 40\n[[payload]]\nname = \"p\"\njson = {{}}\n",
        url(&server)
    );
    let path = scratch.write("private.toml", &scenario);
    let run = Run::of(&[path.to_str().unwrap()]);
    assert_eq!((run.exit, server.requests().len()), (0, 40), "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_certificate_that_nobody_vouches_for_starts_nothing() {
    let (server, _) = target();
    let run = Run::of(&["--rps", "200", "-n", "20", "--url", &url(&server)]);
    assert_eq!((run.exit, &run.summary["outcomes"]["failed"]), (99, &json!({"tls": 20})), "{}", run.stdout);
    assert!(server.requests().is_empty());
    run.assert_conserved();
}

#[test]
fn a_file_without_certificates_is_said_before_anything_is_sent() {
    let scratch = Scratch::new();
    let file = scratch.write("ca.pem", "not a certificate");
    let ended = output(&["-n", "1", "--url", "https://localhost:1/x", "--cacert", file.to_str().unwrap()]);
    assert_eq!(ended.status.code(), Some(2));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("BEGIN CERTIFICATE"), "{said}");
}

/// Answers one request of a connection; the end of the stream comes in the same segment. Then it waits for the other side
/// to close, and tells how many bytes it got until then.
fn answer_and_end(config: &Arc<ServerConfig>, mut stream: TcpStream, answer: &[u8]) -> std::io::Result<usize> {
    let mut session = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    while !request.ends_with(b"}") {
        while session.wants_write() {
            session.write_tls(&mut stream)?;
        }
        if session.read_tls(&mut stream)? == 0 {
            return Ok(0);
        }
        session.process_new_packets().map_err(std::io::Error::other)?;
        while let Ok(length @ 1..) = session.reader().read(&mut buffer) {
            request.extend_from_slice(&buffer[..length]);
        }
    }
    session.writer().write_all(answer)?;
    session.send_close_notify();
    let mut segment = Vec::new();
    while session.wants_write() {
        session.write_tls(&mut segment)?;
    }
    stream.write_all(&segment)?;
    let mut late = 0;
    while session.read_tls(&mut stream)? > 0 {
        session.process_new_packets().map_err(std::io::Error::other)?;
        while let Ok(length @ 1..) = session.reader().read(&mut buffer) {
            late += length;
        }
    }
    Ok(late)
}

#[test]
fn the_end_of_the_stream_that_comes_with_the_answer_is_seen() {
    for until_closed in [false, true] {
        let (config, certificate) = self_signed();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/prod/execute", listener.local_addr().unwrap());
        let config = Arc::new(config);
        thread::spawn(move || {
            for (number, stream) in (0..).zip(listener.incoming()) {
                let mut answer = String::from_utf8(started(&uuid(number))).unwrap();
                if until_closed {
                    let lines = answer.split("\r\n").filter(|line| !line.to_lowercase().starts_with("content-length"));
                    answer = lines.collect::<Vec<_>>().join("\r\n");
                }
                let config = Arc::clone(&config);
                thread::spawn(move || {
                    let late = answer_and_end(&config, stream.unwrap(), answer.as_bytes()).unwrap_or(0);
                    assert_eq!(late, 0, "nothing more is sent on a connection whose end was told");
                });
            }
        });
        let scratch = Scratch::new();
        let file = scratch.write("ca.pem", &certificate);
        let run = Run::of(&["--rps", "100", "-n", "40", "--cacert", file.to_str().unwrap(), "--url", &url]);
        assert_eq!((run.exit, &run.summary["outcomes"]["started"]), (0, &json!(40)), "{}{}", run.stdout, run.stderr);
        assert_eq!(run.summary["handshake_us"]["count"], 40, "one request a connection: {}", run.stdout);
        run.assert_conserved();
    }
}
