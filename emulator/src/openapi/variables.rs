//! The AWS variables of OpenAPI definitions, `${AWS::Region}` and its kin, which API Gateway resolves when it imports
//! them (developer guide, "AWS variables for OpenAPI import").

use crate::deployment::Stack;
use crate::document::{Kind, Node};

/// Writes the account, the partition and the region of a stack wherever a text of the definition names them.
pub(super) fn resolve(node: &mut Node, stack: &Stack) {
    match &mut node.kind {
        Kind::String(text) if text.value.contains("${AWS::") => {
            let known = [
                ("${AWS::AccountId}", &stack.account),
                ("${AWS::Partition}", &stack.partition),
                ("${AWS::Region}", &stack.region),
            ];
            for (variable, value) in known {
                text.value = text.value.replace(variable, value);
            }
        }
        Kind::List(items) => items.iter_mut().for_each(|item| resolve(item, stack)),
        Kind::Map(entries) => entries.iter_mut().for_each(|entry| resolve(&mut entry.value, stack)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Position;

    #[test]
    fn account_partition_and_region_are_resolved_and_nothing_else_is() {
        let stack = Stack {
            name: "s".into(),
            region: "eu-west-1".into(),
            account: "123456789012".into(),
            partition: "aws".into(),
        };
        let position = Position { file: "t".into(), line: 1, column: 1 };
        for (written, read) in [
            (
                "arn:${AWS::Partition}:apigateway:${AWS::Region}:states:action/A",
                "arn:aws:apigateway:eu-west-1:states:action/A",
            ),
            ("arn:aws:iam::${AWS::AccountId}:role/r", "arn:aws:iam::123456789012:role/r"),
            (
                "${AWS::StackName} ${stageVariables.a} $context.stage",
                "${AWS::StackName} ${stageVariables.a} $context.stage",
            ),
        ] {
            let inner = Node::list(&position, vec![Node::text(&position, written)]);
            let mut node = Node::map(&position, vec![("uri", inner)]);
            resolve(&mut node, &stack);
            assert_eq!(node.to_json(), serde_json::json!({ "uri": [read] }));
        }
    }
}
