//! A client on a scripted transport and a clock that stands still.

use stepgate::testing::{ScriptedTransport, Step, TestClock};
use stepgate::{Client, ClientBuilder};

/// What is answered, and what time it is.
pub(crate) struct Scene {
    pub(crate) transport: ScriptedTransport,
    pub(crate) clock: TestClock,
}

impl Scene {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { transport: ScriptedTransport::new(steps), clock: TestClock::new() }
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder("http://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/execute")
            .transport(self.transport.clone())
            .clock(self.clock.clone())
            .seed(7)
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }
}
