//! For code that does not await: the same calls, run by a thread of their own.

use std::error::Error;
use std::time::Duration;
use stepgate::blocking::Blocking;
use stepgate::{Client, Status};
use stepgate_emulator::Emulator;

#[expect(clippy::print_stdout, reason = "an example shows what it got")]
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = Emulator::builder().parameter("Auth", "NONE").build()?.serve(([127, 0, 0, 1], 0).into())?;

    let client = Client::builder(endpoint.url()).timeout(Duration::from_secs(10)).build()?;
    let blocking = Blocking::new()?;
    let started = blocking.wait(client.execute("tea").idempotency_key("order-17"))?;
    println!("{}", started.execution_arn());

    let execution = blocking.wait(client.execution("order-17"))?.ok_or("no such execution")?;
    assert_eq!(execution.arn, started.execution_arn());

    // `wait` waits for whatever the client can do; what is borrowed has to be moved in.
    let executions = client.executions(endpoint.base_url())?;
    blocking
        .wait(async move { executions.stop(&execution.arn, "Cancelled", "the customer changed their mind").await })?;
    let ended = blocking.wait(client.execution("order-17"))?.ok_or("no such execution")?;
    assert_eq!(ended.status, Status::Aborted);
    Ok(())
}
