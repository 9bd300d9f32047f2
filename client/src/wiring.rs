use crate::error::Error;
use crate::keys::IdempotencyKey;

/// How the deployment turns a request into `StartExecution`: what it can carry, and how it names executions.
///
/// ```
/// use stepgate::{Client, Wiring};
///
/// let wiring = Wiring::direct("arn:aws:states:eu-west-1:123456789012:stateMachine:orders")?;
/// let client = Client::builder("http://127.0.0.1:8080/prod/start").wiring(wiring);
/// # Ok::<(), stepgate::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Wiring {
    /// A template that mends quotes and names the execution after `Idempotency-Key` or the request id: this project's
    /// deployment. The default.
    #[default]
    Template,
    /// The template as first posted: the execution has the request id as its name, and a payload with `'` fails with
    /// `SerializationException`, so such a payload is refused before it is sent. A key reaches it as UUID only.
    AsPosted,
    /// A template that holds the machine's ARN and gives no name: Step Functions chooses one. Keys cannot be honoured,
    /// and names not be checked.
    Unnamed,
    /// The request itself is `StartExecution`'s: the client sends `input`, `name` and `stateMachineArn`, and always
    /// chooses the name.
    Direct {
        /// The state machine to start.
        state_machine_arn: String,
    },
}

impl Wiring {
    /// The pass-through wiring for one state machine.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for what is not the ARN of a state machine.
    pub fn direct(state_machine_arn: impl Into<String>) -> Result<Self, Error> {
        let state_machine_arn = state_machine_arn.into();
        let segments: Vec<&str> = state_machine_arn.split(':').collect();
        match segments[..] {
            ["arn", partition, "states", region, account, "stateMachine", name]
            | ["arn", partition, "states", region, account, "stateMachine", name, _]
                if ![partition, region, account, name].contains(&"") =>
            {
                Ok(Self::Direct { state_machine_arn })
            }
            _ => Err(Error::config(format!(
                "`{}` is not the ARN of a state machine: expected arn:aws:states:<region>:<account>:stateMachine:<name>",
                state_machine_arn.escape_debug()
            ))),
        }
    }

    /// A key that cannot become the execution's name is refused before an execution is started under another one.
    pub(crate) fn check_key(&self, key: &IdempotencyKey) -> Result<(), Error> {
        match self {
            Self::Unnamed => {
                Err(Error::config("a deployment that gives no names honours no keys: call with another delivery"))
            }
            Self::AsPosted if !key.is_uuid() => Err(Error::config(format!(
                "the deployment as posted takes no key but a UUID in lower case, not `{key}`"
            ))),
            _ => Ok(()),
        }
    }
}
