//! Who may call a method: `x-amazon-apigateway-auth`, and `security` with its schemes.

use super::document::Document;
use super::extension;
use crate::deployment::AuthorizationType;
use crate::document::{LoadError, Node, scalar};

/// The authorization of an operation, and whether it needs an API key.
pub(super) fn of(document: &Document<'_>, operation: &Node) -> Result<(AuthorizationType, bool), LoadError> {
    let (mut authorization, mut api_key) = (AuthorizationType::None, false);
    if document.options.no_auth {
        return Ok((authorization, api_key));
    }
    if let Some(security) = operation.get("security") {
        for requirement in security.expect_list("`security`")? {
            for entry in requirement.expect_map("a security requirement")? {
                match scheme(document, entry)? {
                    Scheme::ApiKey => api_key = true,
                    Scheme::Iam => authorization = AuthorizationType::Iam,
                }
            }
        }
    }
    // What SAM and `AWS::ApiGateway::Method` say without a security scheme.
    if let Some(needed) = operation.get(extension::API_KEY_REQUIRED) {
        api_key |= scalar::flag(needed, "`ApiKeyRequired`")?;
    }
    if let Some(auth) = operation.get(extension::AUTH) {
        document.expect_keys(auth, "`x-amazon-apigateway-auth`", &["type"], &[])?;
        let kind = auth.require("`x-amazon-apigateway-auth`", "type")?;
        authorization = match kind.as_str() {
            Some("AWS_IAM") => AuthorizationType::Iam,
            Some("NONE") => AuthorizationType::None,
            Some(authorizer) => {
                let message = format!(
                    "it wants the authorizer `{authorizer}`, which is not checked here (--no-auth serves it to everybody)"
                );
                return Err(LoadError::unsupported(&kind.position, message));
            }
            None => return Err(kind.unexpected("the type of authorization", "a text")),
        };
    }
    Ok((authorization, api_key))
}

enum Scheme {
    ApiKey,
    Iam,
}

fn scheme(document: &Document<'_>, entry: &crate::document::Entry) -> Result<Scheme, LoadError> {
    let schemes = document.root.get("components").and_then(|components| components.get("securitySchemes"));
    let Some(scheme) = schemes.and_then(|schemes| schemes.get(&entry.key)) else {
        let message = format!("no security scheme `{}` in `components/securitySchemes`", entry.key);
        return Err(LoadError::at(&entry.position, message));
    };
    let what = format!("security scheme `{}`", entry.key);
    document.expect_keys(scheme, &what, &["type", "name", "in", extension::AUTHTYPE], &["description"])?;
    let is = |key: &str, value: &str| {
        scheme.get(key).and_then(Node::as_str).is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    let in_header = is("type", "apiKey") && is("in", "header");
    match scheme.get(extension::AUTHTYPE) {
        Some(_) if in_header && is("name", "Authorization") && is(extension::AUTHTYPE, "awsSigv4") => Ok(Scheme::Iam),
        None if in_header && is("name", "x-api-key") => Ok(Scheme::ApiKey),
        _ => {
            let message = format!(
                "unsupported {what}; supported here: an apiKey in the header `x-api-key`, and one in `Authorization` with \
                 `x-amazon-apigateway-authtype: awsSigv4`"
            );
            Err(LoadError::unsupported(&scheme.position, message))
        }
    }
}
