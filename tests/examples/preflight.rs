//! Will a browser let the page of your front end call the deployment? The client asks as a browser would, and says why not.

use std::error::Error;
use stepgate::Client;
use stepgate::cors::Violation;
use stepgate_emulator::Emulator;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it got")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let builder = Emulator::builder().parameter("Auth", "NONE").parameter("CorsOrigin", "https://app.example.com");
    let endpoint = builder.build()?.serve(([127, 0, 0, 1], 0).into())?;
    let client = Client::builder(endpoint.url()).build()?;

    // Error answers count too: without their own headers, a script sees "CORS error" in the place of a 429.
    let cors = client.preflight("https://app.example.com").with_error_answer().await?;
    println!("{}: {:?}, for {} s", cors.origin(), cors.request_headers(), cors.max_age());
    assert!(cors.is_allowed());
    assert_eq!(cors.error_answer(), Some(Ok(())));

    let cors = client.preflight("https://evil.example").await?;
    let violation = cors.violation().ok_or("a stranger is let in")?;
    println!("{}: {violation}", cors.origin());
    assert_eq!(*violation, Violation::OtherOrigin { allowed: "https://app.example.com".to_owned() });

    // A header of your own needs the deployment's permission.
    let client = Client::builder(endpoint.url()).header("x-tenant", "blue").build()?;
    let cors = client.preflight("https://app.example.com").await?;
    assert_eq!(cors.violation(), Some(&Violation::HeaderNotAllowed { header: "x-tenant".to_owned() }));
    assert_eq!(endpoint.counters().started, 0);
    Ok(())
}
