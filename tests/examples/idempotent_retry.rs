//! An order that must run once, although answers get lost on their way.

use serde_json::json;
use std::error::Error;
use stepgate::{Client, ErrorKind, Started};
use stepgate_emulator::Emulator;
use stepgate_emulator::faults::FaultPlan;

/// Starts an order, and settles what an error leaves open.
async fn start(client: &Client, id: u32) -> Result<Option<Started>, stepgate::Error> {
    let key = format!("order-{id}");
    match client.execute(json!({ "order": id })).idempotency_key(&key).await {
        Ok(started) => Ok(Some(started)),
        // Attempts are used up, and one of them may have been the start: the deployment knows.
        Err(error) if error.may_have_started() => match client.execution(&key).await? {
            Some(_) => Ok(None),
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it got")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    // Every second start is lost on its way back: the workflow runs, and the caller reads 504.
    let faults = "seed = 7\n[[rule]]\nname = \"lost\"\nmethod = \"POST\"\nevery = 2\nreply = { status = 504 }";
    let builder = Emulator::builder().parameter("Auth", "NONE").faults(FaultPlan::read(faults)?);
    let endpoint = builder.build()?.serve(([127, 0, 0, 1], 0).into())?;
    let client = Client::builder(endpoint.url()).build()?;

    let first = start(&client, 17).await?.ok_or("it runs, as GET said")?;
    assert_eq!((first.name(), first.key_honoured()), ("order-17", Some(true)));

    // The deployment has been seen to honour keys, so the client sends the same key again: two requests, one execution.
    let second = start(&client, 18).await?.ok_or("it runs, as GET said")?;
    println!("{} after {} attempts", second.name(), second.attempts().len());
    assert_eq!(second.attempts().len(), 2);
    assert_eq!(endpoint.counters().started, 2);

    // One key, one payload: another one is refused before anything is sent.
    let error = client.execute("something else").idempotency_key("order-17").await.err().ok_or("it was sent")?;
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::KeyReused, 0));
    Ok(())
}
