//! What `Ref` and `Fn::GetAtt` say of a name: a parameter, a pseudo parameter, a resource, or what SAM makes beside one.

use super::evaluator::Evaluator;
use super::repair;
use super::resource::Resource;
use super::types::Type;
use crate::document::{Kind, LoadError, Node, Position};

/// The value of `Ref` to `name`.
pub(super) fn reference(evaluator: &dyn Evaluator, name: &str, position: &Position) -> Result<Node, LoadError> {
    let scope = evaluator.scope();
    if let Some(value) = scope.parameter(name) {
        return Ok(Node { position: position.clone(), kind: value.kind.clone() });
    }
    if name == "AWS::NotificationARNs" {
        return Ok(Node { position: position.clone(), kind: Kind::List(Vec::new()) });
    }
    if let Some(value) = scope.stack().pseudo(name) {
        return Ok(Node::text(position, value));
    }
    if let Some(resource) = resource(evaluator, name)? {
        let visit = || resource.reference(evaluator);
        return Ok(Node::text(position, scope.visiting(&format!("resource {name}"), position, visit)?));
    }
    if let Some(made) = made_by_sam(evaluator, name)? {
        return Ok(Node::text(position, made));
    }
    if let Some(value) = repair::undeclared_parameter(scope, name) {
        return Ok(Node::text(position, value));
    }
    let message = format!("unresolved reference `{name}`: no parameter and no created resource has this name");
    Err(LoadError::at(position, message))
}

/// The value of `Fn::GetAtt` of `attribute` of `resource`.
pub(super) fn attribute(
    evaluator: &dyn Evaluator,
    name: &str,
    attribute: &str,
    position: &Position,
) -> Result<Node, LoadError> {
    let (scope, stack) = (evaluator.scope(), evaluator.scope().stack());
    if let Some(resource) = resource(evaluator, name)? {
        let visit = || resource.attribute(evaluator, attribute, position);
        return Ok(Node::text(position, scope.visiting(&format!("resource {name}"), position, visit)?));
    }
    let made = made_by_sam(evaluator, name)?;
    match (made, attribute) {
        (Some(role), "Arn") if name.ends_with("Role") => {
            Ok(Node::text(position, stack.iam_arn(&format!("role/{role}"))))
        }
        (Some(api), "RootResourceId") => Ok(Node::text(position, stack.api_id(&format!("{api}/")))),
        (Some(made), _) => Ok(Node::text(position, made)),
        (None, _) => {
            // `Api.Stage`, `Function.Alias` and their like are also written with `Ref`.
            let whole = format!("{name}.{attribute}");
            if let Some(made) = made_by_sam(evaluator, &whole)? {
                return Ok(Node::text(position, made));
            }
            let message = format!("unresolved attribute `{whole}`: no created resource has this name");
            Err(LoadError::at(position, message))
        }
    }
}

fn resource<'e>(evaluator: &'e dyn Evaluator, name: &str) -> Result<Option<&'e Resource>, LoadError> {
    match evaluator.scope().resource(name) {
        Some(resource) if is_created(evaluator, resource)? => Ok(Some(resource)),
        _ => Ok(None),
    }
}

/// Whether the condition of a resource, if it has one, is true.
pub(super) fn is_created(evaluator: &dyn Evaluator, resource: &Resource) -> Result<bool, LoadError> {
    resource.condition.as_ref().map_or(Ok(true), |name| evaluator.condition(name))
}

/// What `Ref` says of a resource that SAM makes beside the one whose id it begins with: roles, aliases, versions,
/// stages, deployments; and of the APIs that it makes for events that name none.
fn made_by_sam(evaluator: &dyn Evaluator, name: &str) -> Result<Option<String>, LoadError> {
    let stack = evaluator.scope().stack();
    match name {
        "ServerlessRestApi" | "ServerlessHttpApi" => return Ok(Some(stack.api_id(name))),
        "ServerlessRestApiProdStage" => return Ok(Some("Prod".to_owned())),
        "ServerlessHttpApiApiGatewayDefaultStage" => return Ok(Some("$default".to_owned())),
        _ => {}
    }
    let made =
        evaluator.scope().declared().iter().filter_map(|resource| Some((resource, name.strip_prefix(&resource.id)?)));
    // The longest id: `Start` may be the beginning of `StartAgain`.
    let made = made.filter(|(resource, _)| resource.type_name.starts_with("AWS::Serverless::"));
    let Some((resource, rest)) = made.max_by_key(|(resource, _)| resource.id.len()) else { return Ok(None) };
    let rest = rest.trim_start_matches('.');
    let is_function = resource.kind == Type::ServerlessFunction;
    Ok(match rest {
        "Alias" if is_function => Some(resource.called_arn(evaluator)?),
        "Version" if is_function => Some(format!("{}:1", resource.arn(evaluator)?)),
        _ if is_function && (rest.starts_with("Alias") || rest.starts_with("Version")) => {
            let qualifier = rest.strip_prefix("Alias").unwrap_or("1");
            Some(format!("{}:{qualifier}", resource.arn(evaluator)?))
        }
        _ if resource.kind == Type::ServerlessStateMachine
            && (rest.starts_with("Alias") || rest.starts_with("Version"))
            && resource.properties.get("AutoPublishAlias").is_some() =>
        {
            let qualifier = rest.strip_prefix("Alias").unwrap_or("1");
            Some(format!("{}:{qualifier}", resource.arn(evaluator)?))
        }
        _ if rest.ends_with("Stage") => {
            Some(resource.text(evaluator, "StageName")?.unwrap_or_else(|| rest.trim_end_matches("Stage").to_owned()))
        }
        _ if rest.ends_with("Role") || rest.starts_with("Deployment") || rest == "Url" => {
            Some(stack.generated_name(name))
        }
        // Rules, queues and permissions are named after their event.
        _ => {
            let events = resource.properties.get("Events").and_then(Node::as_map).unwrap_or_default();
            let is_made = events.iter().any(|event| rest.starts_with(&event.key));
            is_made.then(|| stack.generated_name(name))
        }
    })
}
