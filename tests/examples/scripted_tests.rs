//! How to test code of yours that starts workflows: a transport that follows a script, a clock that never waits.

use std::error::Error;
use std::time::Duration;
use stepgate::testing::{ScriptedTransport, Step, TestClock};
use stepgate::transport::Phase;
use stepgate::{Client, ErrorKind};

/// The code under test.
async fn checkout(client: &Client, order: u32) -> Result<String, String> {
    match client.execute(order).await {
        Ok(started) => Ok(format!("order {order} runs as {}", started.name())),
        Err(error) if error.may_have_started() => Err(format!("order {order}: look it up before you try again")),
        Err(error) if error.kind() == ErrorKind::Throttled => Err("come back later".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it got")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let transport = ScriptedTransport::new([
        // First call: throttled behind HTTP 200, told when to come back, started.
        Step::service("ThrottlingException").header("retry-after", "2"),
        Step::Start,
        // Second call: the connection breaks when the request is already on its way.
        Step::Break(Phase::Waiting),
        // Third call: no answer at all, until the attempt's time is up.
        Step::Hang(Phase::Waiting),
    ]);
    let clock = TestClock::new();
    let builder = Client::builder("http://test.invalid/execute").transport(transport.clone()).clock(clock.clone());
    let client = builder.seed(1).build()?;

    println!("{}", checkout(&client, 17).await?);
    assert_eq!(transport.requests().len(), 2);
    assert!(clock.waits()[0] >= Duration::from_secs(2), "the hint was followed");

    for order in [18, 19] {
        let message = checkout(&client, order).await.err().ok_or("it started")?;
        println!("{message}");
        assert!(message.ends_with("look it up before you try again"));
    }
    assert_eq!(transport.requests().len(), 4, "what may have started is not sent again");
    assert_eq!(transport.requests()[2].body(), "18");
    Ok(())
}
