//! The built-in transport's settings, and clients that are shared: TLS, proxies, runtimes, headers, a client brought along.

use crate::server::{EXECUTION, FaultServer, answer, client, kept, reqwest_client};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use stepgate::credentials::Credentials;
use stepgate::transport::{HttpSettings, Phase};
use stepgate::{Client, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

pub(crate) struct Identity {
    certificate: rcgen::Certificate,
    key: rcgen::KeyPair,
}

impl Identity {
    pub(crate) fn new(name: &str) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
        Self { certificate, key }
    }

    fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.certificate.der().clone()]
    }

    fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }

    pub(crate) fn pem_certificate(&self) -> String {
        self.certificate.pem()
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem() + &self.key.serialize_pem()
    }
}

/// A server on TLS that wants a client certificate and speaks HTTP/1.1.
pub(crate) async fn secure(server: &Identity, client: &Identity) -> String {
    secure_by(server, client, &[]).await
}

/// The same, which takes one of these protocols, if the caller names it.
pub(crate) async fn secure_by(server: &Identity, client: &Identity, protocols: &[&[u8]]) -> String {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(client.certificate.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_client_cert_verifier(verifier);
    let mut config = config.with_single_cert(server.chain(), server.private_key()).unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("https://localhost:{}/dev/execute", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let mut refused = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = match acceptor.accept(stream).into_fallible().await {
                Ok(stream) => stream,
                // Kept open, so that a reset does not overtake why.
                Err((_, stream)) => {
                    refused.push(stream);
                    continue;
                }
            };
            let mut request = [0; 4_096];
            if stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                stream.write_all(kept().as_bytes()).await.unwrap();
                let _ = stream.flush().await;
            }
        }
    });
    url
}

#[tokio::test]
async fn a_private_endpoint_is_reached_by_its_root_and_a_client_certificate() {
    let (server, caller) = (Identity::new("localhost"), Identity::new("caller"));
    let url = secure(&server, &caller).await;
    let trusting = HttpSettings::new().root_certificates(server.certificate.pem());
    let client = |settings: HttpSettings| client(&url).http(settings).max_attempts(1).build().unwrap();
    client(trusting.clone().client_certificate(caller.pem())).execute(1).await.unwrap();
    let unknown = trusting.clone().client_certificate(server.pem());
    for refused in [trusting, unknown] {
        let error = client(refused).execute(1).await.unwrap_err();
        // It depends on who is first whether the request was written before the refusal came.
        assert!(matches!(error.kind(), ErrorKind::Refused | ErrorKind::Connect), "{error:?}");
        assert!(!error.may_have_started(), "nobody is let in without a certificate that is known");
    }
    let stranger = HttpSettings::new().root_certificates(caller.certificate.pem());
    let error = client(stranger).execute(1).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Connect, false), "an unknown server: {error:?}");
}

/// A proxy that notes what it is asked for, and connects or forwards to `upstream` in any case.
async fn proxy(upstream: String) -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://ann:s%3Acret@{}", listener.local_addr().unwrap());
    let (note, notes) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.windows(4).any(|window| window == b"\r\n\r\n") {
                let mut chunk = [0; 4_096];
                let length = stream.read(&mut chunk).await.unwrap();
                head.extend_from_slice(&chunk[..length]);
            }
            note.send(String::from_utf8_lossy(&head).into_owned()).unwrap();
            let mut server = TcpStream::connect(&upstream).await.unwrap();
            if head.starts_with(b"CONNECT") {
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            } else {
                server.write_all(&head).await.unwrap();
            }
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut stream, &mut server).await });
        }
    });
    (url, notes)
}

#[tokio::test]
async fn a_proxy_is_told_the_whole_url_and_who_asks() {
    let server = FaultServer::start(vec![answer("200 OK", EXECUTION)]).await;
    let upstream = server.address();
    let (proxy, mut notes) = proxy(upstream).await;
    let client = client("http://api.example.com/dev/execute").http(HttpSettings::new().proxy(proxy)).build().unwrap();
    client.execute(1).await.unwrap();
    let note = notes.recv().await.unwrap();
    assert!(note.starts_with("POST http://api.example.com/dev/execute HTTP/1.1\r\n"), "{note}");
    assert!(note.contains("\r\nhost: api.example.com\r\n"), "{note}");
    // ann:s:cret
    assert!(note.contains("\r\nproxy-authorization: Basic YW5uOnM6Y3JldA==\r\n"), "{note}");
}

#[tokio::test]
async fn a_proxy_is_tunnelled_through_to_https() {
    let (server, caller) = (Identity::new("localhost"), Identity::new("caller"));
    let url = secure(&server, &caller).await;
    let port = url.trim_start_matches("https://localhost:").trim_end_matches("/dev/execute").to_owned();
    let (proxy, mut notes) = proxy(format!("127.0.0.1:{port}")).await;
    let settings = HttpSettings::new().proxy(proxy);
    let settings = settings.root_certificates(server.certificate.pem()).client_certificate(caller.pem());
    client(&url).http(settings).build().unwrap().execute(1).await.unwrap();
    let note = notes.recv().await.unwrap();
    assert!(note.starts_with(&format!("CONNECT localhost:{port} HTTP/1.1\r\n")), "{note}");
}

#[tokio::test]
async fn a_proxy_that_refuses_a_forwarded_request_is_told_as_one() {
    let server = FaultServer::start(vec![answer("407 Proxy Authentication Required", "<h1>no</h1>")]).await;
    let proxy = server.url.trim_end_matches("/dev/execute").to_owned();
    let client = client("http://api.example.com/dev/execute").http(HttpSettings::new().proxy(proxy)).build().unwrap();
    let error = client.execute(1).await.unwrap_err();
    assert!(error.to_string().contains("a proxy asks who calls") && !error.may_have_started(), "{error}");
}

#[test]
fn settings_that_cannot_work_are_told_when_the_client_is_built() {
    let message = |settings: HttpSettings| {
        let error = client("http://127.0.0.1:9/execute").http(settings).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    };
    assert!(message(HttpSettings::new().root_certificates("nonsense")).contains("root certificate"));
    assert!(
        message(HttpSettings::new().client_certificate(Identity::new("a").certificate.pem())).contains("private key")
    );
    let shown_to_nobody = message(HttpSettings::new().client_certificate(Identity::new("a").pem()));
    assert!(shown_to_nobody.contains("https URL"), "{shown_to_nobody}");
    let secret = message(HttpSettings::new().proxy("ftp://ann:hush@proxy"));
    assert!(secret.contains("proxy") && !secret.contains("hush"), "{secret}");
}

#[test]
fn two_ways_of_authorising_are_an_error_and_not_silence() {
    let both = [
        client("http://127.0.0.1:9/execute").bearer("token").authorization("raw"),
        client("http://127.0.0.1:9/execute")
            .region("eu-west-1")
            .credentials(Credentials::new("a", "b", None, None, "test"))
            .bearer("token"),
    ];
    for builder in both {
        let error = builder.build().unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains("two ways"), "{error}");
    }
    let elsewhere = client("http://a1.execute-api.eu-west-1.amazonaws.com/prod/execute")
        .region("us-east-1")
        .credentials(Credentials::new("a", "b", None, None, "test"));
    assert!(elsewhere.build().unwrap_err().to_string().contains("eu-west-1"), "never silently another region");
    for signs_nothing in [client("http://127.0.0.1:9/execute"), client("http://127.0.0.1:9/execute").bearer("token")] {
        let error = signs_nothing.region("eu-west-1").build().unwrap_err();
        assert!(error.to_string().contains("signs nothing"), "{error}");
    }
}

#[tokio::test]
async fn a_header_that_is_set_twice_is_one_line_and_any_scheme_authorises() {
    let builder = client("http://127.0.0.1:9/execute").header("user-agent", "orders/1").header("x-tenant", "blue");
    let client = builder.header("x-tenant", "green").authorization("raw-token").build().unwrap();
    let request = client.execute(1).header("x-tenant", "red").into_request().await.unwrap();
    let lines = |name: &str| request.headers().get_all(name).iter().collect::<Vec<_>>();
    assert_eq!(lines("user-agent"), ["orders/1"]);
    assert_eq!(lines("x-tenant"), ["red"]);
    assert_eq!(lines("authorization"), ["raw-token"]);
}

#[tokio::test]
async fn permanent_keys_ask_for_no_token_header_in_a_preflight() {
    let server = wiremock::MockServer::start().await;
    let client = |token: Option<&str>| {
        let credentials = Credentials::new("a", "b", token.map(str::to_owned), None, "test");
        client(&server.uri()).region("eu-west-1").credentials(credentials).build().unwrap()
    };
    let names = |cors: stepgate::cors::Cors| cors.request_headers().join(",");
    let permanent = names(client(None).preflight("http://localhost").await.unwrap());
    assert_eq!(permanent, "authorization,content-type,x-amz-date");
    let temporary = names(client(Some("token")).preflight("http://localhost").await.unwrap());
    assert_eq!(temporary, "authorization,content-type,x-amz-date,x-amz-security-token");
}

#[test]
fn several_runtimes_share_one_client() {
    let serving = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = serving.block_on(FaultServer::start(vec![crate::server::Behaviour::Answer(kept())]));
    let client = client(&server.url).build().unwrap();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let call = |runtime: &tokio::runtime::Runtime, client: &Client| {
        runtime.block_on(client.execute(1).into_future()).unwrap();
    };
    let (first, second) = (runtime(), runtime());
    call(&first, &client);
    // The first one stands still while the second is at work, and ends before the third begins.
    call(&second, &client);
    call(&first, &client);
    drop(first);
    call(&runtime(), &client);
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn a_reqwest_client_can_be_brought_along() {
    let server = FaultServer::start(vec![answer("200 OK", EXECUTION), crate::server::Behaviour::Reset]).await;
    let http = reqwest_client().build().unwrap();
    let client = client(&server.url).http_client(http).build().unwrap();
    client.execute(1).await.unwrap();
    let error = client.execute(1).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Interrupted, true));
    let http = reqwest_client().build().unwrap();
    let unreachable = crate::server::client("http://127.0.0.1:1/execute").http_client(http).build().unwrap();
    let error = unreachable.execute(1).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_started()), (ErrorKind::Connect, false));
}

/// Knows no name the first time, and every name afterwards.
struct Recovering {
    asked: AtomicBool,
    address: SocketAddr,
}

impl reqwest::dns::Resolve for Recovering {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let found: reqwest::dns::Addrs = Box::new(std::iter::once(self.address));
        let found = if self.asked.swap(true, Ordering::SeqCst) { Ok(found) } else { Err("no such host".into()) };
        Box::pin(std::future::ready(found))
    }
}

#[tokio::test]
async fn a_name_that_is_not_known_at_once_started_nothing_and_is_asked_for_again() {
    let server = FaultServer::start(vec![answer("200 OK", EXECUTION)]).await;
    let address = server.address().parse().unwrap();
    let resolver = Recovering { asked: AtomicBool::new(false), address };
    let http = reqwest_client().dns_resolver(Arc::new(resolver)).build();
    let client = client("http://api.example.com/dev/execute").http_client(http.unwrap()).build().unwrap();
    let started = client.execute(1).await.unwrap();
    let first = &started.attempts()[0];
    assert_eq!((started.attempts().len(), first.phase(), first.may_have_started()), (2, Phase::Connecting, false));
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_reached_by_a_reqwest_client() {
    let path = std::env::temp_dir().join(format!("stepgate-{}.sock", uuid::Uuid::new_v4()));
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4_096]).await.unwrap() > 0);
        stream.write_all(kept().as_bytes()).await.unwrap();
    });
    let http = reqwest_client().unix_socket(path.as_path()).build().unwrap();
    client("http://localhost/dev/execute").http_client(http).build().unwrap().execute(1).await.unwrap();
    std::fs::remove_file(&path).unwrap();
}
