//! The shortest way: a typed payload in, an execution out. Here against the embedded endpoint, so that it runs anywhere;
//! give the builder the URL of your deployment's execute method instead.

use serde::Serialize;
use std::error::Error;
use stepgate::Client;
use stepgate_emulator::Emulator;

#[derive(Serialize)]
struct Order {
    id: u32,
    items: Vec<&'static str>,
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it got")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = Emulator::builder().parameter("Auth", "NONE").build()?.serve(([127, 0, 0, 1], 0).into())?;

    let client = Client::builder(endpoint.url()).build()?;
    let started = client.execute(&Order { id: 17, items: vec!["tea", "milk"] }).await?;

    println!("{} since {:?}", started.execution_arn(), started.start_date());
    // The deployment names executions after the request, so its logs and Step Functions' lead to each other.
    assert_eq!(Some(started.name()), started.request_id());
    assert_eq!(endpoint.counters().started, 1);
    Ok(())
}
