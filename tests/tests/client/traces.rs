//! No secret in anything that is traced or logged, at the finest level, by whatever crate.

use std::fmt::Debug;
use std::process::Command;
use std::sync::{Arc, Mutex};

use stepgate::Client;
use stepgate::credentials::Credentials;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::secrets::parrot;

/// Keeps every word of every span, event and log record.
#[derive(Clone, Default)]
struct Words(Arc<Mutex<Vec<String>>>);

impl Words {
    fn keep(&self, target: &str, words: &str) {
        // The server of these tests tells of what it got; it is not part of the client.
        if !target.starts_with("wiremock") {
            self.0.lock().unwrap().push(format!("{target}: {words}"));
        }
    }
}

struct Kept<'w>(&'w Words, &'w str);

impl Visit for Kept<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.keep(self.1, &format!("{field}={value:?}"));
    }
}

impl Subscriber for Words {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Kept(self, span.metadata().target()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Kept(self, "span"));
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Kept(self, event.metadata().target()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl log::Log for Words {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.keep(record.target(), &record.args().to_string());
    }

    fn flush(&self) {}
}

#[test]
fn nothing_that_anybody_traces_or_logs_holds_a_secret() {
    // Subscribers are a process's, and the other tests of this one would pay for the finest level.
    let mut child = Command::new(std::env::current_exe().unwrap());
    let ended =
        child.args(["traces::of_a_process_of_its_own", "--exact", "--ignored", "--nocapture"]).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&ended.stderr));
}

#[tokio::test]
#[ignore = "started by the test above"]
async fn of_a_process_of_its_own() {
    let words = Words::default();
    tracing::subscriber::set_global_default(words.clone()).unwrap();
    log::set_logger(Box::leak(Box::new(words.clone()))).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    for status in [200, 403, 500] {
        let server = parrot(status).await;
        let url = format!("{}/traced/execute?code=hushhush-query", server.uri());
        let credentials =
            Credentials::new("AKIDHUSHHUSH", "hushhush-secret", Some("hushhush-session".into()), None, "test");
        let builder = || {
            let builder = Client::builder(&url).api_key("hushhush-key").header("x-tenant", "hushhush-tenant");
            builder.max_attempts(2)
        };
        let own = reqwest::Client::builder().build().unwrap();
        for client in [
            builder().bearer("hushhush-bearer"),
            builder().authorization("hushhush-raw"),
            builder().region("eu-west-1").credentials(credentials),
            builder().bearer("hushhush-bearer").http_client(own),
        ] {
            let client = client.build().unwrap();
            // What it comes to is another test's: here it is sent, and answered with all that was sent.
            let _ = client.execute(serde_json::json!({ "card": "hushhush-payload" })).await;
            let _ = client.execution("order-17").await;
        }
    }
    let words = words.0.lock().unwrap();
    let of = |what: &str| words.iter().filter(|line| line.contains(what)).count();
    assert!(of("stepgate: ") > 50 && of("/traced/execute") > 10, "the client's spans were seen: {words:#?}");
    let told: Vec<&String> = words.iter().filter(|line| line.to_lowercase().contains("hushhush")).collect();
    assert!(told.is_empty(), "{told:#?}");
}
