//! What became of an execution: through the deployment's own route, or through the Step Functions API, which can also
//! list, wait and stop.

use std::error::Error;
use std::time::Duration;
use stepgate::{Client, Status};
use stepgate_emulator::Emulator;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it got")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder().parameter("Auth", "NONE").build()?;
    let machine = emulator.machines().next().ok_or("a state machine")?.to_owned();
    let endpoint = emulator.serve(([127, 0, 0, 1], 0).into())?;
    let client = Client::builder(endpoint.url()).build()?;
    let started = client.execute("tea").idempotency_key("order-17").await?;

    // `GET /executions/{name}`: no right but that of the deployment is needed.
    let execution = client.execution("order-17").await?.ok_or("no such execution")?;
    println!("{}: {:?}", execution.name, execution.status);
    assert!(client.execution("order-18").await?.is_none());

    // In AWS: https://states.<region>.amazonaws.com/, with credentials that may do this.
    let executions = client.executions(endpoint.base_url())?;
    let mut pages = executions.list(&machine, Some(Status::Running));
    while let Some(page) = pages.next().await? {
        println!("{} running", page.len());
    }

    executions.stop(started.execution_arn(), "Cancelled", "the customer changed their mind").await?;
    let ended = executions.wait(started.execution_arn(), Duration::from_mins(1)).await?;
    println!("{}: {:?} with {:?}", ended.name, ended.status, ended.error);
    assert_eq!((ended.status, ended.error.as_deref()), (Status::Aborted, Some("Cancelled")));
    Ok(())
}
