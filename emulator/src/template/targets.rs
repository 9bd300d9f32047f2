//! State machines that routes name in full and that are not deployed: their starts would find nothing.

use crate::deployment::{Api, HttpIntegration, SelectionPiece, Stack, StateMachine};
use crate::document::{LoadError, Notes};

/// What stands in front of the name in such an ARN.
const KIND: &str = "stateMachine";

/// Notes every state machine that the routes of an API name and that is not there.
pub(super) fn check(api: &Api, machines: &[StateMachine], stack: &Stack, notes: &Notes) -> Result<(), LoadError> {
    for text in texts(api) {
        for arn in machine_arns(text) {
            let [region, account] = [3, 4].map(|part| arn.split(':').nth(part).unwrap_or_default());
            if machines.iter().any(|machine| machine.arn == arn) {
                continue;
            }
            let is_elsewhere = (region, account) != (stack.region.as_str(), stack.account.as_str());
            let way_out = format!("; give --account {account} --region {region} if it is one of this template");
            let way_out = if is_elsewhere { way_out.as_str() } else { "" };
            let what = format!("state machine {arn}, which a route names and which is not here{way_out}");
            notes.pass_over(what.clone(), LoadError::nowhere(what))?;
        }
    }
    Ok(())
}

/// The text that routes hand to actions as it stands.
fn texts(api: &Api) -> Vec<&str> {
    match api {
        Api::Rest(api) => api.methods.iter().flat_map(|method| method.integration.request_templates.texts()).collect(),
        Api::Http(api) => {
            let members = api.routes.iter().flat_map(|route| match &route.integration {
                HttpIntegration::StepFunctions { members, .. } => members.as_slice(),
                _ => &[],
            });
            // A text that is put together is known later.
            let whole = members.filter(|(_, expression)| expression.pieces().len() == 1);
            let pieces = whole.flat_map(|(_, expression)| expression.pieces());
            let text = pieces.filter_map(|piece| match piece {
                SelectionPiece::Text(text) => Some(text.as_str()),
                _ => None,
            });
            text.collect()
        }
    }
}

/// The ARNs of state machines in a text, without alias, version and test case.
fn machine_arns(text: &str) -> impl Iterator<Item = String> {
    text.match_indices("arn:").filter_map(|(at, _)| {
        let rest = &text[at..];
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
        let length = rest.find(|c| !legal(c)).unwrap_or(rest.len());
        let parts: Vec<_> = rest[..length].split(':').collect();
        let [_, _, "states", _, _, KIND, name, ..] = parts[..] else { return None };
        // What goes on with a reference is known later.
        let goes_on = rest[length..].starts_with('$') || length == rest.len() && length < text.len();
        (!name.is_empty() && !goes_on).then(|| parts[..7].join(":"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_found_where_it_ends_in_its_text() {
        for (text, expected) in [
            (r#"{"stateMachineArn": "arn:aws:states:r:1:stateMachine:orders", "input": "{}"}"#, Some("orders")),
            ("arn:aws:states:r:1:stateMachine:orders:live", Some("orders")),
            (r#""arn:aws:states:r:1:stateMachine:orders#Case""#, Some("orders")),
            (r#"{"stateMachineArn": "arn:aws:states:r:1:stateMachine:or"#, None),
            (r#""arn:aws:states:r:1:execution:orders:x""#, None),
            (r#""arn:aws:states:r:1:stateMachine:""#, None),
            (r#""arn:aws:sns:r:1:topic""#, None),
        ] {
            let found = machine_arns(text).next();
            let expected = expected.map(|name| format!("arn:aws:states:r:1:stateMachine:{name}"));
            assert_eq!(found, expected, "{text}");
        }
    }
}
