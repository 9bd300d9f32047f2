//! The state machine that executions are of, read off the ARN of one of them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::mistake::Mistake;

/// A state machine as the ARNs of its executions name it: what stands before the execution's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateMachine {
    /// `arn:PARTITION:states:REGION:ACCOUNT:execution:MACHINE:`; `express` in the place of `execution` for an EXPRESS one.
    prefix: String,
}

/// Most bytes of a state machine's ARN (`CreateStateMachine` API reference: 256).
const LONGEST: usize = 256;

/// Whether a text can be a part of an ARN, and not whatever else a target likes to say.
fn is_ordinary(text: &str) -> bool {
    text.len() <= LONGEST && !text.chars().any(char::is_control)
}

/// Fields of an execution's ARN before the execution's name.
const FIELDS: usize = 7;

impl StateMachine {
    /// The machine of an execution; `None` for a text that is no execution's ARN.
    #[must_use]
    pub(crate) fn of_execution(arn: &str) -> Option<Self> {
        let end = arn.match_indices(':').nth(FIELDS - 1)?.0 + 1;
        Self::of_prefix(&arn[..end])
    }

    /// The machine with this ARN. Whether it is EXPRESS, the ARN does not say.
    ///
    /// # Errors
    /// The text is no state machine's ARN: in words.
    pub fn parse(arn: &str) -> Result<Self, Mistake> {
        let wrong = || {
            Mistake::usage(format!("`{arn}` is not a state machine's ARN"))
                .with_help("write arn:aws:states:REGION:ACCOUNT:stateMachine:NAME, without a version or alias")
        };
        let (front, name) = arn.split_once(":stateMachine:").ok_or_else(wrong)?;
        if name.is_empty() || name.contains(':') {
            return Err(wrong());
        }
        Self::of_prefix(&format!("{front}:execution:{name}:")).ok_or_else(wrong)
    }

    fn of_prefix(prefix: &str) -> Option<Self> {
        let fields: Vec<&str> = prefix.strip_suffix(':')?.split(':').collect();
        match fields[..] {
            ["arn", partition, "states", region, account, "execution" | "express", name]
                if [partition, region, account, name].iter().all(|field| !field.is_empty()) && is_ordinary(prefix) =>
            {
                Some(Self { prefix: prefix.into() })
            }
            _ => None,
        }
    }

    /// Whether an execution is of this machine, by the execution's ARN.
    #[must_use]
    pub(crate) fn has(&self, execution_arn: &str) -> bool {
        execution_arn.starts_with(&self.prefix)
    }

    /// The machine's own ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        let kind = if self.is_express() { ":express:" } else { ":execution:" };
        self.prefix.trim_end_matches(':').replacen(kind, ":stateMachine:", 1)
    }

    /// The ARN of its execution of that name.
    #[must_use]
    pub fn execution(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Whether it is EXPRESS, as far as its executions say so.
    #[must_use]
    pub(crate) fn is_express(&self) -> bool {
        self.field(5) == "express"
    }

    /// The partition, such as `aws` or `aws-cn`.
    #[must_use]
    pub(crate) fn partition(&self) -> &str {
        self.field(1)
    }

    /// The region, such as `eu-west-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        self.field(3)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.field(6)
    }

    fn field(&self, index: usize) -> &str {
        self.prefix.split(':').nth(index).expect("a prefix has seven fields, which was checked when it was made")
    }
}

/// Its name and its region.
impl fmt::Display for StateMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.name(), self.region())
    }
}

impl Serialize for StateMachine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.prefix)
    }
}

impl<'de> Deserialize<'de> for StateMachine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let prefix = String::deserialize(deserializer)?;
        Self::of_prefix(&prefix)
            .ok_or_else(|| de::Error::custom(format!("`{prefix}` is not the beginning of an execution's ARN")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_tells_its_machine_and_a_machine_its_executions() {
        let arn = "arn:aws-cn:states:cn-north-1:123456789012:execution:Orders:9c3d8aab-83bf-4542-8256-36c9f42b6b01";
        let machine = StateMachine::of_execution(arn).unwrap();
        assert_eq!((machine.partition(), machine.region(), machine.name()), ("aws-cn", "cn-north-1", "Orders"));
        assert_eq!(machine.execution("9c3d8aab-83bf-4542-8256-36c9f42b6b01"), arn);
        assert_eq!(StateMachine::parse(&machine.arn()), Ok(machine.clone()));
        assert!(machine.has(arn) && !machine.has(&arn.replace("Orders", "Other")));
        let json = serde_json::to_string(&machine).unwrap();
        assert_eq!(serde_json::from_str::<StateMachine>(&json).unwrap(), machine);
    }

    #[test]
    fn an_express_machine_is_known_by_its_executions() {
        let machine = StateMachine::of_execution("arn:aws:states:us-east-1:123456789012:express:Fast:name:id").unwrap();
        assert!(machine.is_express());
        assert_eq!(machine.arn(), "arn:aws:states:us-east-1:123456789012:stateMachine:Fast");
    }

    #[test]
    fn other_texts_name_no_machine() {
        for text in
            ["", "arn:aws:states:us-east-1:1:execution:A", "arn:aws:sqs:us-east-1:1:execution:A:b", "a:b:c:d:e:f:g:h"]
        {
            assert_eq!(StateMachine::of_execution(text), None, "{text}");
        }
        for text in ["x", "arn:aws:states:us-east-1:1:stateMachine:A:PROD", "arn:aws:states:us-east-1:1:stateMachine:"]
        {
            assert!(StateMachine::parse(text).unwrap_err().to_string().contains("stateMachine:NAME"), "{text}");
        }
    }

    #[test]
    fn an_execution_names_its_machine_and_region() {
        let machine = StateMachine::of_execution("arn:aws:states:eu-west-1:123456789012:execution:Orders:17").unwrap();
        assert_eq!(machine.arn(), "arn:aws:states:eu-west-1:123456789012:stateMachine:Orders");
        assert_eq!(machine.region(), "eu-west-1");
    }
}
