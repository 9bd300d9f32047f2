//! Spans: one for each attempt, in the names of OpenTelemetry's conventions for HTTP clients.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use stepgate::testing::{ScriptedTransport, Step, TestClock};
use stepgate::transport::Phase;
use stepgate::{Client, Delivery};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

type Fields = BTreeMap<String, String>;

/// Keeps the fields of every span of the client.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Fields>>>);

struct Into<'a>(&'a mut Fields);

impl Visit for Into<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "stepgate"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        span.record(&mut Into(&mut fields));
        let mut spans = self.0.lock().unwrap();
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut Into(&mut self.0.lock().unwrap()[index]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn each_attempt_has_a_span_with_its_outcome_and_no_secret() {
    let spans = Spans::default();
    // For the whole process: a thread's own subscriber misses what another thread, which has none, asked about first.
    tracing::subscriber::set_global_default(spans.clone()).unwrap();
    let transport = ScriptedTransport::new([
        Step::Break(Phase::Waiting),
        Step::gateway(504, "InternalServerErrorException", "Endpoint request timed out")
            .header("x-amzn-requestid", "id-2"),
        Step::Start,
    ]);
    let client = Client::builder("https://telemetry.example.com/prod/execute?code=secret")
        .delivery(Delivery::AtLeastOnce)
        .bearer("secret")
        .transport(transport)
        .clock(TestClock::new())
        .build()
        .unwrap();
    client.execute("secret").await.unwrap();
    // Polled, and dropped while the attempt is under way.
    let hanging = Client::builder("https://dropped.example.com/prod/execute")
        .transport(ScriptedTransport::new([Step::Hang(Phase::Waiting)]))
        .build()
        .unwrap();
    let mut dropped = hanging.execute(1).into_future();
    std::future::poll_fn(|context| std::task::Poll::Ready(dropped.as_mut().poll(context).is_pending())).await;
    drop(dropped);
    // The other tests of this process have spans too.
    let mut spans = spans.0.lock().unwrap().clone();
    let dropped = spans.iter().find(|span| span["server.address"] == "dropped.example.com").unwrap();
    assert_eq!((&*dropped["error.type"], &*dropped["otel.status_code"]), ("dropped", "ERROR"));
    spans.retain(|span| span.get("server.address").is_some_and(|address| address == "telemetry.example.com"));
    let field = |span: usize, name: &str| spans[span].get(name).map(String::as_str);
    assert_eq!(spans.len(), 3);
    for span in 0..3 {
        assert_eq!(field(span, "otel.name"), Some("POST"));
        assert_eq!(field(span, "otel.kind"), Some("client"));
        assert_eq!(field(span, "http.request.method"), Some("POST"));
        assert_eq!(field(span, "server.port"), Some("443"));
        assert_eq!(field(span, "url.full"), Some("https://telemetry.example.com/prod/execute?REDACTED"));
    }
    let per_span = |name: &str| [field(0, name), field(1, name), field(2, name)];
    assert_eq!(per_span("http.request.resend_count"), [None, Some("1"), Some("2")]);
    assert_eq!(per_span("http.response.status_code"), [None, Some("504"), Some("200")]);
    assert_eq!(per_span("error.type"), [Some("interrupted"), Some("server"), None]);
    assert_eq!(per_span("aws.request_id")[..2], [None, Some("id-2")]);
    assert_eq!(field(2, "aws.request_id").map(str::len), Some(36), "a request id of the client's own");
    assert!(!format!("{spans:?}").contains("secret"), "{spans:?}");
}
