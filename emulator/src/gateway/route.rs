//! From a path to a method.

use std::borrow::Cow;

use super::exchange::decode;
use crate::deployment::{Method, PathPart, ResourcePath, RestApi, parts};
use crate::http::Request;

/// The method that a request goes to, and its path parameters. A path that exists without the method is as unknown as
/// any other.
pub(super) fn find(api: &RestApi, request: &Request) -> Option<(usize, Vec<(String, String)>)> {
    let path: Vec<_> = parts(&request.path).map(|part| decode(part, false)).collect();
    let (first, path) = path.split_first()?;
    if *first != api.stage {
        return None;
    }
    let matching = |method: &&Method| matches(method.path.parts(), path);
    // The most exact resource is chosen first, its methods after.
    let resource = api.methods.iter().filter(matching).min_by_key(|method| vagueness(&method.path))?;
    let here = || api.methods.iter().enumerate().filter(|(_, method)| method.path.parts() == resource.path.parts());
    let (number, method) = here()
        .find(|(_, method)| method.http_method == request.method)
        .or_else(|| here().find(|(_, method)| method.http_method == "ANY"))?;
    let parameters = method.path.parts().iter().enumerate().filter_map(|(at, part)| match part {
        PathPart::Exact(_) => None,
        PathPart::Parameter(name) => Some((name.clone(), path[at].clone().into_owned())),
        PathPart::Rest(name) => Some((name.clone(), path[at..].join("/"))),
    });
    Some((number, parameters.collect()))
}

fn matches(declared: &[PathPart], path: &[Cow<'_, str>]) -> bool {
    let open = matches!(declared.last(), Some(PathPart::Rest(_)));
    (declared.len() == path.len() || open && path.len() >= declared.len())
        && declared.iter().zip(path).all(|(declared, part)| match declared {
            PathPart::Exact(name) => name == part,
            PathPart::Parameter(_) | PathPart::Rest(_) => !part.is_empty(),
        })
}

/// Exact parts before parameters before the rest, from the left.
fn vagueness(path: &ResourcePath) -> Vec<u8> {
    let part = |part: &PathPart| match part {
        PathPart::Exact(_) => 0,
        PathPart::Parameter(_) => 1,
        PathPart::Rest(_) => 2,
    };
    path.parts().iter().map(part).collect()
}
