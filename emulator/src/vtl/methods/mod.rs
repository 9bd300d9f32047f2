//! The methods that templates may call: those of API Gateway's own objects, and Java's as used in practice.
//!
//! The names are a closed world: a template that calls another is refused when it is compiled. A known method on a
//! value that does not have it gives null, as Velocity's reflection does.

mod collection;
mod number;
mod string;

pub(super) use collection::{key_of, list, map, map_of, present};
pub(super) use number::number;
pub(super) use string::string;

use super::ast::{Access, Expression, Root};
use super::pattern::{Match, Pattern};
use super::value::Value;
use crate::jsonpath::Path;

/// A call as written, with what could be compiled ahead.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) arguments: Vec<Expression>,
    /// The regular expression, where it is a literal.
    pub(super) pattern: Option<Pattern>,
    /// The JSONPath, where it is a literal.
    pub(super) path: Option<Path>,
}

/// What a method comes to.
pub(super) type Outcome<'r> = Result<Value<'r>, String>;

macro_rules! methods {
    ($($variant:ident $name:literal,)*) => {
        /// Every method known.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Method { $(#[doc = $name] $variant,)* }

        impl Method {
            fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

methods! {
    Json "json", Path "path", Params "params",
    EscapeJavaScript "escapeJavaScript", ParseJson "parseJson", UrlEncode "urlEncode", UrlDecode "urlDecode",
    Base64Encode "base64Encode", Base64Decode "base64Decode",
    Add "add", AddAll "addAll", CharAt "charAt", Clear "clear", CodePointAt "codePointAt", CompareTo "compareTo",
    CompareToIgnoreCase "compareToIgnoreCase", Concat "concat", Contains "contains", ContainsAll "containsAll",
    ContainsKey "containsKey", ContainsValue "containsValue", DoubleValue "doubleValue", EndsWith "endsWith",
    EntrySet "entrySet", Equals "equals", EqualsIgnoreCase "equalsIgnoreCase", Get "get", GetKey "getKey",
    GetOrDefault "getOrDefault", GetValue "getValue", IndexOf "indexOf", IntValue "intValue", Intern "intern",
    IsEmpty "isEmpty", KeySet "keySet", LastIndexOf "lastIndexOf", Length "length", LongValue "longValue",
    Matches "matches", ParseDouble "parseDouble", ParseFloat "parseFloat", ParseInt "parseInt", ParseLong "parseLong",
    Put "put", PutAll "putAll", PutIfAbsent "putIfAbsent", Remove "remove", Replace "replace",
    ReplaceAll "replaceAll", ReplaceFirst "replaceFirst", Set "set", Size "size", Split "split",
    StartsWith "startsWith", SubList "subList", SubSequence "subSequence", Substring "substring", ToArray "toArray",
    ToCharArray "toCharArray", ToLowerCase "toLowerCase", ToString "toString", ToUpperCase "toUpperCase", Trim "trim",
    ValueOf "valueOf", Values "values",
}

impl Method {
    const INPUT: [Self; 3] = [Self::Json, Self::Path, Self::Params];
    const UTIL: [Self; 6] = [
        Self::EscapeJavaScript,
        Self::ParseJson,
        Self::UrlEncode,
        Self::UrlDecode,
        Self::Base64Encode,
        Self::Base64Decode,
    ];

    fn arity(self) -> std::ops::RangeInclusive<usize> {
        match self {
            Self::Params => 0..=1,
            _ => 1..=1,
        }
    }
}

impl Call {
    /// Checks a call and compiles its literal arguments; `host` is what it is called on when that is one of API
    /// Gateway's own objects.
    pub(super) fn compile(host: Option<Root>, name: &str, arguments: Vec<Expression>) -> Result<Self, String> {
        let known = Method::named(name);
        let own: Option<(&str, &[Method])> = match host {
            Some(Root::Input) => Some(("$input", &Method::INPUT)),
            Some(Root::Util) => Some(("$util", &Method::UTIL)),
            Some(Root::Context) => Some(("$context", &[])),
            Some(Root::Loop) => Some(("$foreach", &[])),
            _ => None,
        };
        let is_own = |method: &Method| Method::INPUT.contains(method) || Method::UTIL.contains(method);
        let method = match own {
            Some((object, methods)) => {
                let method = known.filter(|method| methods.contains(method));
                let method = method.ok_or_else(|| format!("{object} has no method `{name}`"))?;
                if !method.arity().contains(&arguments.len()) {
                    return Err(format!("{object}.{name} does not take {} arguments", arguments.len()));
                }
                method
            }
            None => known.filter(|method| !is_own(method)).ok_or_else(|| {
                format!("the method `{name}` is not supported, only those of strings, numbers, lists and maps are")
            })?,
        };
        let literal = match arguments.first() {
            Some(Expression::Text(text)) => Some(text.as_ref()),
            _ => None,
        };
        let (mut pattern, mut path) = (None, None);
        if let Some(text) = literal {
            match method {
                Method::Matches => pattern = Some(Pattern::compile(text, Match::Whole)?),
                Method::ReplaceAll | Method::ReplaceFirst | Method::Split => {
                    pattern = Some(Pattern::compile(text, Match::Part)?);
                }
                Method::Json | Method::Path => path = Some(Path::parse(text).map_err(|error| error.to_string())?),
                _ => {}
            }
        }
        Ok(Self { method, arguments, pattern, path })
    }

    /// The regular expression: compiled ahead, or now from the first argument.
    fn pattern(&self, text: &str, kind: Match) -> Result<std::borrow::Cow<'_, Pattern>, String> {
        match &self.pattern {
            Some(pattern) => Ok(std::borrow::Cow::Borrowed(pattern)),
            None => Pattern::compile(text, kind).map(std::borrow::Cow::Owned),
        }
    }
}

/// Whether the accesses after `$context` name something that a template may set.
pub(super) fn is_override(accesses: &[Access]) -> bool {
    let names: Vec<Option<&str>> = accesses
        .iter()
        .map(|access| match access {
            Access::Property(name) => Some(name.as_ref()),
            _ => None,
        })
        .collect();
    matches!(
        names.as_slice(),
        [Some("responseOverride"), Some("status")]
            | [Some("responseOverride"), Some("header"), _]
            | [Some("requestOverride"), Some("header" | "path" | "querystring"), _]
    )
}

/// First names below `$context` (developer guide, "Variables for data transformations").
const CONTEXT: [&str; 39] = [
    "accountId",
    "apiId",
    "authenticate",
    "authorize",
    "authorizer",
    "awsEndpointRequestId",
    "customDomain",
    "deploymentId",
    "domainName",
    "domainPrefix",
    "endpointType",
    "error",
    "extendedRequestId",
    "httpMethod",
    "identity",
    "integration",
    "integrationErrorMessage",
    "integrationLatency",
    "integrationStatus",
    "isCanaryRequest",
    "path",
    "protocol",
    "requestId",
    "requestOverride",
    "requestTime",
    "requestTimeEpoch",
    "resourceId",
    "resourcePath",
    "responseLatency",
    "responseLength",
    "responseOverride",
    "stage",
    "status",
    "vpcId",
    "vpceId",
    "waf",
    "wafResponseCode",
    "webaclArn",
    "xrayTraceId",
];

/// Refuses properties that API Gateway's own objects do not have.
pub(super) fn check_property(root: Root, before: &[Access], name: &str) -> Result<(), String> {
    if !before.is_empty() {
        return Ok(());
    }
    match root {
        Root::Input if name != "body" => Err(format!("$input has no property `{name}`, only body")),
        Root::Util => Err(format!("$util has no property `{name}`, only methods")),
        Root::Context if !CONTEXT.contains(&name) => Err(format!("$context has no variable `{name}`")),
        Root::Loop if !["index", "count", "hasNext", "first", "last", "parent"].contains(&name) => {
            Err(format!("$foreach has no property `{name}`"))
        }
        _ => Ok(()),
    }
}
