//! What an HTTP API changes in a request or an answer on its way (developer guide, "Transform API requests and
//! responses").

use super::SelectionExpression;

/// One change: `append:header.x`, `overwrite:path`, `remove:querystring.y`.
#[derive(Debug, Clone)]
pub(crate) struct ParameterChange {
    /// What is done.
    pub(crate) operation: ChangeOperation,
    /// What it is done to.
    pub(crate) target: ChangeTarget,
    /// The new value; of no account where something is removed.
    pub(crate) value: SelectionExpression,
}

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeOperation {
    /// Adds a value to those that are there.
    Append,
    /// Puts a value in the place of those that are there.
    Overwrite,
    /// Takes away what is there.
    Remove,
}

/// What can be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChangeTarget {
    /// `header.name`
    Header(String),
    /// `querystring.name`, of requests.
    Query(String),
    /// `path`, of requests.
    Path,
    /// `statuscode`, of answers.
    Status,
}

/// Headers that cannot be changed, and the beginnings of others ("Reserved headers" there).
const RESERVED: [&str; 19] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-location",
    "forwarded",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "via",
    "host",
];
const RESERVED_PREFIXES: [&str; 4] = ["access-control-", "apigw-", "x-amz-", "x-amzn-"];

impl ParameterChange {
    /// Reads a change of a request, or of an answer.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(destination: &str, value: &str, of_answer: bool) -> Result<Self, String> {
        let unknown = || {
            let known = if of_answer {
                "append, overwrite or remove:header.NAME, or overwrite:statuscode"
            } else {
                "append, overwrite or remove:header.NAME or :querystring.NAME, or overwrite:path"
            };
            format!("`{destination}` cannot be mapped: write {known}")
        };
        let (operation, target) = destination.split_once(':').ok_or_else(unknown)?;
        let operation = match operation {
            "append" => ChangeOperation::Append,
            "overwrite" => ChangeOperation::Overwrite,
            "remove" => ChangeOperation::Remove,
            _ => return Err(unknown()),
        };
        let overwrites = operation == ChangeOperation::Overwrite;
        let target = match target.split_once('.') {
            Some(("header", name)) if !name.is_empty() => ChangeTarget::Header(name.to_owned()),
            Some(("querystring", name)) if !name.is_empty() && !of_answer => ChangeTarget::Query(name.to_owned()),
            None if target == "path" && overwrites && !of_answer => ChangeTarget::Path,
            None if target == "statuscode" && overwrites && of_answer => ChangeTarget::Status,
            _ => return Err(unknown()),
        };
        if let ChangeTarget::Header(name) = &target {
            let name = name.to_ascii_lowercase();
            let reserved =
                RESERVED.contains(&name.as_str()) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
            // A request may be given another host.
            if reserved && (of_answer || name != "host") {
                return Err(format!("`{destination}`: API Gateway keeps this header for itself"));
            }
        }
        Ok(Self { operation, target, value: SelectionExpression::parse(value)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_and_reserved_headers_refused() {
        for (destination, of_answer) in [
            ("append:header.x", false),
            ("overwrite:header.Host", false),
            ("remove:querystring.y", false),
            ("overwrite:path", false),
            ("overwrite:statuscode", true),
            ("append:header.x", true),
        ] {
            assert!(ParameterChange::parse(destination, "$request.header.a", of_answer).is_ok(), "{destination}");
        }
        for (destination, of_answer) in [
            ("header.x", false),
            ("set:header.x", false),
            ("append:path", false),
            ("overwrite:statuscode", false),
            ("overwrite:path", true),
            ("append:header.X-Amz-Date", false),
            ("overwrite:header.access-control-allow-origin", true),
            ("overwrite:header.", false),
        ] {
            assert!(ParameterChange::parse(destination, "v", of_answer).is_err(), "{destination}");
        }
        assert!(ParameterChange::parse("append:header.x", "$request.nothing", false).is_err());
    }
}
