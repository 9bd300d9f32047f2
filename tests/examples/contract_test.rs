//! A contract test of code that starts workflows: wiremock, with a deployment that behaves, over real HTTP.

use std::error::Error;
use stepgate::testing::wiremock::{Answer, contract};
use stepgate::{Client, Delivery};
use wiremock::MockServer;

/// The code under test.
async fn checkout(client: &Client, order: u32) -> Result<String, String> {
    match client.execute(order).idempotency_key(format!("order-{order}")).await {
        Ok(started) => Ok(format!("order {order} runs as {}", started.name())),
        Err(error) if error.may_have_started() => Err(format!("order {order}: look it up before you try again")),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it got")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let server = MockServer::start().await;
    let deployment = contract(&server).await;
    let client = Client::builder(deployment.url()).build()?;

    // The workflow is started, and the gateway's time is up before it can say so.
    deployment.lose_next(Answer::gateway(504));
    let message = checkout(&client, 17).await.err().ok_or("it was answered")?;
    println!("{message}");
    assert!(message.ends_with("look it up before you try again"));
    assert!(client.execution("order-17").await?.is_some());

    // Asking again under the key starts nothing new.
    println!("{}", checkout(&client, 17).await?);
    assert_eq!(deployment.executions().len(), 1);
    assert_eq!(deployment.executions()[0].input.as_deref(), Some("17"));

    // Step Functions refuses, and throttles.
    deployment.refuse_next(Answer::creation_failed("ExecutionLimitExceeded"));
    println!("{}", checkout(&client, 18).await.err().ok_or("it started")?);
    deployment.refuse_next(Answer::throttled());
    let started = client.execute(19).delivery(Delivery::Idempotent).await?;
    assert_eq!((started.attempts().len(), deployment.executions().len()), (2, 2));
    Ok(())
}
