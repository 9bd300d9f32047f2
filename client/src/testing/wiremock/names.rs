//! The names of the machine and of its executions.

use super::ids::fresh;

pub(super) const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:Workflow";

/// The ARN of a machine's execution.
pub(super) fn execution_arn(machine: &str, name: &str) -> String {
    // A version or an alias of the machine is no part of it.
    let machine: Vec<&str> = machine.splitn(8, ':').take(7).collect();
    format!("{}:{name}", machine.join(":").replacen(":stateMachine:", ":execution:", 1))
}

/// Step Functions ends it with an id of its own.
pub(super) fn express_arn(name: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:express:Workflow:{name}:{}", fresh())
}

/// What the template of this project's deployment takes as a name.
pub(super) fn is_template_key(key: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!'()+.=@_-".contains(&byte);
    (1..=80).contains(&key.len()) && key.bytes().all(legal)
}
