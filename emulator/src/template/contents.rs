//! What the stacks of a deployment hold besides APIs: state machines and functions.

use std::collections::HashMap;

use super::resource::Resource;
use super::scope::Scope;
use super::types::Type;
use super::{function, machine};
use crate::deployment::{Function, StateMachine};
use crate::document::{LoadError, Position};

/// State machines and functions, in the order of their stacks.
#[derive(Default)]
pub(super) struct Contents {
    /// Each with its logical id, as `Orders.Machine` in a nested stack.
    pub(super) machines: Vec<(String, StateMachine)>,
    pub(super) functions: Vec<Function>,
    /// The first machine whose definition is not here.
    elsewhere: Option<LoadError>,
}

/// Reads all stacks.
pub(super) fn read(stacks: &[&Scope]) -> Result<Contents, LoadError> {
    let mut contents = Contents::default();
    let (mut taken, mut revisions) = (HashMap::new(), Vec::new());
    for &scope in stacks {
        for resource in scope.resources() {
            let resource = resource?;
            resource.check(scope)?;
            match resource.kind {
                Type::ServerlessFunction | Type::Function => {
                    let function = function::load(scope, resource)?;
                    claim(&mut taken, &function.arn, resource)?;
                    contents.functions.push(function);
                }
                Type::ServerlessStateMachine | Type::StateMachine => match machine::load(scope, resource) {
                    Ok(machine) => {
                        claim(&mut taken, &machine.arn, resource)?;
                        contents.machines.push((scope.qualified(&resource.id), machine));
                    }
                    Err(error) if error.is_unsupported => {
                        scope.notes().pass_over("state machine whose definition lies in S3", error.clone())?;
                        contents.elsewhere.get_or_insert(error);
                    }
                    Err(error) => return Err(error),
                },
                Type::StateMachineAlias | Type::StateMachineVersion => revisions.push(resource.reference(scope)?),
                Type::Role | Type::LogGroup => drop(resource.arn(scope)?),
                _ => {}
            }
        }
    }
    for arn in revisions {
        let Some((arn, qualifier)) = arn.rsplit_once(':') else { continue };
        let machine = contents.machines.iter_mut().map(|(_, machine)| machine).find(|machine| machine.arn == arn);
        if let Some(machine) = machine {
            machine.qualifiers.push(qualifier.to_owned());
        }
    }
    Ok(contents)
}

/// Refuses a name that another resource has: the second one cannot be created.
fn claim(taken: &mut HashMap<String, Position>, arn: &str, resource: &Resource) -> Result<(), LoadError> {
    match taken.insert(arn.to_owned(), resource.position.clone()) {
        Some(first) => {
            let name = arn.rsplit(':').next().unwrap_or(arn);
            let message =
                format!("{} has the name `{name}`, which another resource has already ({first})", resource.what());
            Err(LoadError::at(&resource.position, message))
        }
        None => Ok(()),
    }
}

impl Contents {
    /// The machine that an API is put in front of: the one of the logical id or name `wanted`, or else the first one.
    pub(super) fn machine(&self, root: &Scope, wanted: Option<&str>) -> Result<&StateMachine, LoadError> {
        let machines = &self.machines;
        match (wanted, machines.first()) {
            (_, None) => Err(self.elsewhere.clone().unwrap_or_else(|| nothing(root))),
            (None, Some((_, first))) => Ok(first),
            (Some(wanted), _) => {
                let ends = |id: &str| id.rsplit('.').next() == Some(wanted);
                let is_wanted = |(id, machine): &&(String, StateMachine)| id == wanted || machine.name == wanted;
                let mut alike = machines.iter().filter(|(id, _)| ends(id));
                let alone = match (alike.next(), alike.next()) {
                    (found, None) => found,
                    _ => None,
                };
                let names = machines.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ");
                let unknown = || LoadError::nowhere(format!("no state machine `{wanted}`; this template has: {names}"));
                machines.iter().find(is_wanted).or(alone).map(|(_, machine)| machine).ok_or_else(unknown)
            }
        }
    }
}

/// The error of a deployment that serves nothing.
fn nothing(root: &Scope) -> LoadError {
    let message = "nothing to serve: no API and no state machine";
    let is_elsewhere = |resource: &&Resource| {
        resource.kind == Type::NestedStack && root.nested(&resource.id).get().is_some_and(Option::is_none)
    };
    match root.declared().iter().find(is_elsewhere) {
        Some(nested) => {
            let message = format!("{message}; serve the template of the nested stack `{}` by itself", nested.id);
            LoadError::at(&nested.position, message)
        }
        None => LoadError::at(&root.template().position, message),
    }
}
