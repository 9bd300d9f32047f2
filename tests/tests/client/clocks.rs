//! Clocks that are wrong, and many calls at once.

use std::pin::Pin;
use std::time::{Duration, SystemTime};
use stepgate::credentials::Credentials;
use stepgate::{Client, Clock, TokioClock};
use stepgate_emulator::signature::AccessKey;
use stepgate_emulator::{Emulator, Serving, gateway};

/// A machine whose clock is ten minutes slow.
#[derive(Debug, Default)]
struct Slow(TokioClock);

impl Clock for Slow {
    fn now(&self) -> SystemTime {
        self.0.now() - Duration::from_mins(10)
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.sleep(duration)
    }
}

fn deployment() -> (Serving, Client) {
    let key = AccessKey::generate([7; 46], "aws", "123456789012");
    let options = gateway::GatewayOptions { credentials: key.clone().into(), ..gateway::GatewayOptions::default() };
    let builder = Emulator::builder().parameter("Auth", "AWS_IAM").gateway_options(options);
    let endpoint = builder.build().unwrap().serve(([127, 0, 0, 1], 0).into()).unwrap();
    let credentials = Credentials::new(key.access_key(), key.secret(), None, None, "test");
    let builder = Client::builder(endpoint.url()).region("us-east-1").credentials(credentials).clock(Slow::default());
    let client = builder.build().unwrap();
    (endpoint, client)
}

#[tokio::test]
async fn of_ten_calls_at_once_on_a_slow_clock_all_succeed() {
    let (endpoint, client) = deployment();
    let calls: Vec<_> = (0..10).map(|call| tokio::spawn(client.execute(call).into_future())).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(endpoint.counters().started, 10);
}

#[tokio::test]
async fn a_look_up_corrects_the_clock_as_well() {
    let (_endpoint, client) = deployment();
    assert!(client.execution("order-17").await.unwrap().is_none());
}
