//! An EXPRESS workflow, run to its end: the answer is its output, as a type of yours.

use serde::Deserialize;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use stepgate::Client;
use stepgate_emulator::Emulator;
use stepgate_emulator::clock::VirtualClock;

/// What the last state of the workflow puts out.
#[derive(Debug, Deserialize)]
struct Output {
    function: String,
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it got")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    // The workflow waits for three seconds; on this clock they pass at once.
    let clock = Arc::new(VirtualClock::starting_at(Duration::from_hours(490_896)));
    let builder = Emulator::builder().parameter("Auth", "NONE").parameter("WorkflowType", "EXPRESS").clock(clock);
    let endpoint = builder.build()?.serve(([127, 0, 0, 1], 0).into())?;

    let client = Client::builder(endpoint.url()).build()?;
    let completed = client.execute_sync::<Output>("tea").await?;

    println!("{:?} after {:?}", completed.output, completed.billed());
    assert_eq!(completed.output.function, "end");

    // FAILED and TIMED_OUT come as errors, although the deployment answers HTTP 200; so does output of another type.
    let error = client.execute_sync::<Vec<u32>>("tea").await.err().ok_or("an object is a list")?;
    println!("{error}");
    assert_eq!(error.kind(), stepgate::ErrorKind::Output);
    Ok(())
}
