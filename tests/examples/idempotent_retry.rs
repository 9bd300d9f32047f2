//! An order that must run once, however often it is asked for: by this process, or by its successor after a crash.

use serde_json::json;
use std::error::Error;
use stepgate::{Client, ErrorKind, Started};
use stepgate_emulator::Emulator;

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
    let endpoint = Emulator::builder().parameter("Auth", "NONE").build()?.serve(([127, 0, 0, 1], 0).into())?;
    let client = Client::builder(endpoint.url()).build()?;

    let first = start(&client, 17).await?.ok_or("started by nobody")?;
    let again = start(&client, 17).await?.ok_or("started by nobody")?;
    println!("{} both times", again.name());
    assert_eq!((first.name(), first.key_honoured()), ("order-17", Some(true)));
    assert_eq!(first.execution_arn(), again.execution_arn());
    assert_eq!(endpoint.counters().started, 1);

    // One key, one payload: another one is refused before anything is sent.
    let error = client.execute("something else").idempotency_key("order-17").await.err().ok_or("it was sent")?;
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::KeyReused, 0));
    Ok(())
}
