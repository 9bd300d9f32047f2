//! The stack that a deployment belongs to.

/// Pseudo parameters.
#[derive(Debug, Clone)]
pub struct Stack {
    /// `AWS::StackName`.
    pub name: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account: String,
    /// `AWS::Partition`.
    pub partition: String,
}
