//! From a path to a method.

use std::borrow::Cow;

use super::exchange::decode;
use crate::deployment::{PathPart, ResourcePath, parts};
use crate::http::Request;

/// What `ANY` stands for (developer guide, "Set up a method request"): neither `CONNECT`, which would ask a web server behind the
/// route for another one, nor `TRACE`.
const ANY: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// The number of the route that a request goes to, and its path parameters. Routes have an HTTP method, or `ANY`, and a
/// path, or none where they take what no other does. A path that exists without the method is as unknown as any other.
pub(super) fn find<'r>(
    stage: Option<&str>,
    routes: impl Iterator<Item = (&'r str, Option<&'r ResourcePath>)> + Clone,
    request: &Request,
) -> Option<(usize, Vec<(String, String)>)> {
    let path: Vec<_> = parts(&request.path).map(|part| decode(part, false)).collect();
    let path = match stage {
        Some(stage) => {
            let (first, path) = path.split_first()?;
            if first != stage {
                return None;
            }
            path
        }
        None => &path,
    };
    let with_path = routes.clone().enumerate().filter_map(|(number, (method, path))| Some((number, method, path?)));
    // The most exact resource is chosen first, its methods after.
    let matching = with_path.clone().filter(|(_, _, declared)| matches(declared.parts(), path));
    let Some((_, _, resource)) = matching.min_by(|(_, _, a), (_, _, b)| vagueness(a).cmp(vagueness(b))) else {
        let default = routes.enumerate().find(|(_, (_, path))| path.is_none());
        return default.map(|(number, _)| (number, Vec::new()));
    };
    let here = || with_path.clone().filter(|(_, _, declared)| declared.parts() == resource.parts());
    let (number, _, declared) = here()
        .find(|(_, method, _)| *method == request.method)
        .or_else(|| here().find(|(_, method, _)| *method == "ANY" && ANY.contains(&request.method.as_str())))?;
    let parameters = declared.parts().iter().enumerate().filter_map(|(at, part)| match part {
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
fn vagueness(path: &ResourcePath) -> impl Iterator<Item = u8> {
    let part = |part: &PathPart| match part {
        PathPart::Exact(_) => 0,
        PathPart::Parameter(_) => 1,
        PathPart::Rest(_) => 2,
    };
    path.parts().iter().map(part)
}
