//! A deployment with IAM authorisation: every attempt is signed, with credentials of any provider. The embedded endpoint
//! verifies signatures as API Gateway does, so that a mistake shows here and not in production.

use std::error::Error;
use stepgate::Client;
use stepgate::credentials::Credentials;
use stepgate_emulator::signature::AccessKey;
use stepgate_emulator::{Emulator, gateway};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it got")]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    // A key that opens nothing but this endpoint.
    let key = AccessKey::generate([7; 46], "aws", "123456789012");
    let options = gateway::GatewayOptions { credentials: key.clone().into(), ..gateway::GatewayOptions::default() };
    let builder = Emulator::builder().parameter("Auth", "AWS_IAM").gateway_options(options);
    let endpoint = builder.build()?.serve(([127, 0, 0, 1], 0).into())?;

    // Of a host such as a1b2c3.execute-api.eu-west-1.amazonaws.com the region is known; of this one it is not.
    // With the feature `aws-config`, `credentials::default_chain` finds credentials and region as the AWS CLI does.
    let credentials = Credentials::new(key.access_key(), key.secret(), None, None, "example");
    let client = Client::builder(endpoint.url()).region("us-east-1").credentials(credentials).build()?;
    println!("{}", client.execute("tea").await?.execution_arn());

    // The gateway's refusals start nothing, and their words are in the error.
    let forged = Credentials::new(key.access_key(), "another secret", None, None, "example");
    let builder = Client::builder(endpoint.url()).region("us-east-1");
    for client in [builder.credentials(forged).build()?, Client::builder(endpoint.url()).build()?] {
        let error = client.execute("tea").await.err().ok_or("a stranger is let in")?;
        println!("{error}");
        assert!(error.is_forbidden() && !error.may_have_started());
    }
    assert_eq!(endpoint.counters().started, 1);
    Ok(())
}
