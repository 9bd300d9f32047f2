//! For code that does not await: the same client on a thread of its own.

use std::error::Error;
use std::time::Duration;
use stepgate::{Client, Status, blocking};
use stepgate_emulator::Emulator;

#[expect(clippy::print_stdout, reason = "an example shows what it got")]
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = Emulator::builder().parameter("Auth", "NONE").build()?.serve(([127, 0, 0, 1], 0).into())?;

    let awaiting = Client::builder(endpoint.url()).timeout(Duration::from_secs(10)).build()?;
    let client = blocking::Client::new(awaiting.clone())?;
    let started = client.execute("tea").idempotency_key("order-17").send()?;
    println!("{}", started.execution_arn());

    let execution = client.execution("order-17")?.ok_or("no such execution")?;
    assert_eq!(execution.arn, started.execution_arn());

    // `wait` waits for whatever else the async client can do.
    let executions = awaiting.executions(endpoint.base_url())?;
    client.wait(executions.stop(&execution.arn, "Cancelled", "the customer changed their mind"))?;
    let ended = client.execution("order-17")?.ok_or("no such execution")?;
    assert_eq!(ended.status, Status::Aborted);
    Ok(())
}
