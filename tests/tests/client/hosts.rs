//! Another host in requests than in the URL: private APIs behind a VPC endpoint's own name.

use crate::server::{EXECUTION, FaultServer, answer, client, kept, reqwest_client};
use bytes::Bytes;
use stepgate::credentials::Credentials;
use stepgate::sigv4::Signer;
use stepgate::testing::TestClock;
use stepgate::transport::HttpSettings;
use stepgate::{ClientBuilder, Clock as _, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const API: &str = "a1b2c3.execute-api.eu-west-1.amazonaws.com";
const ENDPOINT: &str = "http://vpce-0123-abcd.execute-api.eu-west-1.vpce.amazonaws.com/prod/execute";

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret", Some("token".into()), None, "test")
}

/// The head of the first request that comes to the URL.
async fn head() -> (String, oneshot::Receiver<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/prod/execute", listener.local_addr().unwrap());
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4_096];
        let length = stream.read(&mut request).await.unwrap();
        request.truncate(length);
        tell.send(String::from_utf8(request).unwrap()).unwrap();
        stream.write_all(kept().as_bytes()).await.unwrap();
    });
    (url, told)
}

#[tokio::test]
async fn a_request_of_http_1_1_names_the_host_that_it_is_told() {
    let brought = |builder: ClientBuilder| builder.http_client(reqwest_client().build().unwrap());
    for with in [|builder| builder, brought] {
        let (url, told) = head().await;
        with(client(&url)).host(API).build().unwrap().execute(1).await.unwrap();
        let head = told.await.unwrap().to_ascii_lowercase();
        assert_eq!(head.matches("host: ").count(), 1, "{head}");
        assert!(head.contains(&format!("\r\nhost: {API}\r\n")), "{head}");
    }
}

#[tokio::test]
async fn a_request_of_http_2_names_it_as_its_authority() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/prod/execute", listener.local_addr().unwrap());
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let (request, mut respond) = connection.accept().await.unwrap().unwrap();
        tell.send(request.into_parts().0).unwrap();
        let mut body = respond.send_response(http::Response::new(()), false).unwrap();
        body.send_data(Bytes::from_static(EXECUTION.as_bytes()), true).unwrap();
        while connection.accept().await.is_some() {}
    });
    let builder = client(&url).http(HttpSettings::new().http2_only()).host(format!("{API}:8443"));
    builder.build().unwrap().execute(1).await.unwrap();
    let head = told.await.unwrap();
    assert_eq!(head.uri.authority().unwrap(), &format!("{API}:8443"));
    assert!(!head.headers.contains_key("host"));
}

#[tokio::test]
async fn the_host_is_signed_and_tells_the_region_as_does_the_endpoints_own_name() {
    for url in [ENDPOINT, "http://10.0.0.5/prod/execute"] {
        let clock = TestClock::new();
        let client = client(url).host(API).clock(clock.clone()).credentials(credentials()).build().unwrap();
        let request = client.execute(1).into_request().await.unwrap();
        // What the gateway does: it signs the request that names its own host.
        let mut own = http::Request::post(format!("http://{API}/prod/execute")).body(request.body().clone()).unwrap();
        *own.headers_mut() = request.headers().clone();
        own.headers_mut().remove("host");
        Signer::for_uri(own.uri()).unwrap().sign(&mut own, &credentials(), clock.now()).unwrap();
        assert_eq!(own.headers()["authorization"], request.headers()["authorization"], "{url}");
    }
}

#[tokio::test]
async fn the_id_of_the_api_in_a_header_does_the_same_and_is_signed() {
    let builder = client(ENDPOINT).header("x-apigw-api-id", "a1b2c3").credentials(credentials());
    let request = builder.build().unwrap().execute(1).into_request().await.unwrap();
    let authorization = request.headers()["authorization"].to_str().unwrap();
    assert!(authorization.contains("/eu-west-1/execute-api/aws4_request"), "{authorization}");
    assert!(authorization.contains(";host;x-amz-date;x-amz-security-token;x-apigw-api-id,"), "{authorization}");
}

#[tokio::test]
async fn look_ups_go_by_the_same_name_and_the_step_functions_api_by_its_own() {
    let server = FaultServer::start(vec![answer("200 OK", "{}")]).await;
    let (url, told) = head().await;
    let client = client(&url).host(API).build().unwrap();
    let _ = client.executions(&server.url).unwrap().describe("arn").await;
    let _ = client.execution("order-17").await;
    let head = told.await.unwrap();
    assert!(head.starts_with("GET /prod/executions/order-17") && head.contains(&format!("host: {API}\r\n")), "{head}");
}

#[test]
fn what_is_no_host_or_would_not_arrive_is_refused_when_the_client_is_built() {
    for host in ["", "https://api.example.com", "api.example.com/prod", "ann:hush@api.example.com", "a b", "a\r\nb: c"]
    {
        let error = client(ENDPOINT).host(host).build().unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains("is not a host"), "{error}");
    }
    let proxied = client(ENDPOINT).host(API).http(HttpSettings::new().proxy("http://127.0.0.1:9"));
    assert!(proxied.build().unwrap_err().to_string().contains("a proxy takes the host"));
    let error = client(ENDPOINT).header("host", API).build().unwrap_err();
    assert!(error.to_string().contains("use `host`"), "{error}");
}
