//! From a path to a method.

use super::exchange::decode;
use super::method::Method;
use crate::http::Request;

/// One segment of a resource path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// `execute`
    Exact(String),
    /// `{name}`
    Parameter(String),
    /// `{proxy+}`, the rest of the path.
    Rest(String),
}

/// The segments of a resource path such as `/executions/{name}`.
pub(super) fn segments(path: &str) -> Vec<Segment> {
    parts(path)
        .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => name
                .strip_suffix('+')
                .map_or_else(|| Segment::Parameter(name.to_owned()), |name| Segment::Rest(name.to_owned())),
            None => Segment::Exact(part.to_owned()),
        })
        .collect()
}

/// The parts of a path; one slash at its end is ignored, as API Gateway ignores it.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    (!path.is_empty()).then(|| path.split('/')).into_iter().flatten()
}

/// The method that a request goes to, and its path parameters. A path that exists without the method is as unknown as
/// any other.
pub(super) fn find(methods: &[Method], stage: &str, request: &Request) -> Option<(usize, Vec<(String, String)>)> {
    let path: Vec<_> = parts(&request.path).map(|part| decode(part, false)).collect();
    let (first, path) = path.split_first()?;
    if first != stage {
        return None;
    }
    let matching = |method: &&Method| matches(&method.segments, path);
    // The most exact resource is chosen first, its methods after.
    let resource = methods.iter().filter(matching).min_by_key(|method| vagueness(&method.segments))?;
    let here = || methods.iter().enumerate().filter(|(_, method)| method.segments == resource.segments);
    let (number, method) = here()
        .find(|(_, method)| method.verb == request.method)
        .or_else(|| here().find(|(_, method)| method.verb == "ANY"))?;
    let parameters = method.segments.iter().enumerate().filter_map(|(at, segment)| match segment {
        Segment::Exact(_) => None,
        Segment::Parameter(name) => Some((name.clone(), path[at].clone().into_owned())),
        Segment::Rest(name) => Some((name.clone(), path[at..].join("/"))),
    });
    Some((number, parameters.collect()))
}

fn matches(segments: &[Segment], path: &[std::borrow::Cow<'_, str>]) -> bool {
    let open = matches!(segments.last(), Some(Segment::Rest(_)));
    (segments.len() == path.len() || open && path.len() >= segments.len())
        && segments.iter().zip(path).all(|(segment, part)| match segment {
            Segment::Exact(name) => name == part,
            Segment::Parameter(_) | Segment::Rest(_) => !part.is_empty(),
        })
}

/// Exact segments before parameters before the rest, from the left.
fn vagueness(segments: &[Segment]) -> Vec<u8> {
    segments
        .iter()
        .map(|segment| match segment {
            Segment::Exact(_) => 0,
            Segment::Parameter(_) => 1,
            Segment::Rest(_) => 2,
        })
        .collect()
}
