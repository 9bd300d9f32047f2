//! `AWS::Serverless::Api`: the stage, its settings, and the document that defines the methods.

use super::resource::Resource;
use super::scope::Scope;
use super::source::below;
use crate::deployment::{Method, RestApi, Throttle};
use crate::document::{Entry, LoadError, Node, scalar};
use crate::openapi;

/// Reads the API.
pub(super) fn load(scope: &Scope<'_>, resource: &Resource) -> Result<RestApi, LoadError> {
    let stage = resource.required(scope, "StageName")?;
    let name = scalar::text(&stage, "`StageName`")?;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Err(stage.unexpected("`StageName`", "letters, digits, `_` and `-`"));
    }
    if let Some(source) = resource.property(scope, "ApiKeySourceType")?.filter(|node| node.as_str() != Some("HEADER")) {
        return Err(source.unexpected("`ApiKeySourceType`", "HEADER"));
    }
    let document = document(scope, resource)?;
    let mut imported = openapi::import(&document, scope.repairs())?;
    if let Some(flag) = resource.property(scope, "FailOnWarnings")?
        && scalar::flag(&flag, "`FailOnWarnings`")?
        && let Some(warning) = imported.warnings.first()
    {
        return Err(LoadError::at(&flag.position, format!("`FailOnWarnings` is set, and the import warns: {warning}")));
    }
    imported.warnings.into_iter().for_each(|warning| scope.warn(warning));
    settings(scope, resource, &mut imported.methods)?;
    Ok(RestApi {
        id: resource.name(scope)?,
        stage: name,
        stage_variables: variables(scope, resource)?,
        methods: imported.methods,
        gateway_responses: imported.gateway_responses,
    })
}

fn document(scope: &Scope<'_>, resource: &Resource) -> Result<Node, LoadError> {
    match (resource.property(scope, "DefinitionBody")?, resource.property(scope, "DefinitionUri")?) {
        (Some(body), None) => Ok(body),
        // A file that is uploaded as it is: no intrinsic function in it is computed.
        (None, Some(uri)) => {
            let named = uri.expect_str("`DefinitionUri`")?;
            let outside = || {
                let message = format!("`{named}` lies outside the template's folder; put the file below it");
                LoadError::at(&uri.position, message)
            };
            scope.source().document(&below(named).ok_or_else(outside)?, Some(&uri.position))
        }
        _ => {
            let message = format!("{} needs either `DefinitionBody` or `DefinitionUri`", resource.what());
            Err(LoadError::at(&resource.position, message))
        }
    }
}

fn variables(scope: &Scope<'_>, resource: &Resource) -> Result<Vec<(String, String)>, LoadError> {
    let Some(variables) = resource.property(scope, "Variables")? else { return Ok(Vec::new()) };
    let text = |entry: &Entry| scalar::text(&entry.value, &format!("stage variable `{}`", entry.key));
    variables.expect_map("`Variables`")?.iter().map(|entry| Ok((entry.key.clone(), text(entry)?))).collect()
}

/// `MethodSettings`: throttles, of which one for a single method wins over one for all.
fn settings(scope: &Scope<'_>, resource: &Resource, methods: &mut [Method]) -> Result<(), LoadError> {
    const WITHOUT_EFFECT: [&str; 3] = ["LoggingLevel", "MetricsEnabled", "DataTraceEnabled"];
    const INTERPRETED: [&str; 4] = ["ResourcePath", "HttpMethod", "ThrottlingRateLimit", "ThrottlingBurstLimit"];
    let Some(settings) = resource.property(scope, "MethodSettings")? else { return Ok(()) };
    let mut throttles = Vec::new();
    for setting in settings.expect_list("`MethodSettings`")? {
        const WHAT: &str = "a method setting";
        setting.expect_keys(WHAT, &[&INTERPRETED[..], &WITHOUT_EFFECT[..]].concat())?;
        let path = setting.require(WHAT, "ResourcePath")?.expect_str("`ResourcePath`")?;
        let method = setting.require(WHAT, "HttpMethod")?.expect_str("`HttpMethod`")?;
        let (path, method) = (path.replace("~1", "/").replacen("//", "/", 1), method.to_owned());
        let rate = setting.get("ThrottlingRateLimit").map(|node| scalar::rate(node, "`ThrottlingRateLimit`"));
        let burst = setting.get("ThrottlingBurstLimit");
        let burst = burst.map(|node| scalar::whole(node, "`ThrottlingBurstLimit`", 0..=u32::MAX));
        match (rate.transpose()?, burst.transpose()?) {
            (None, None) => {}
            // What is left out stays at the account's limits (AWS: 10,000 a second, 5,000 at once).
            (rate, burst) => {
                let throttle = Throttle { rate: rate.unwrap_or(10_000.0), burst: burst.unwrap_or(5_000) };
                throttles.push((path, method, throttle));
            }
        }
    }
    for method in methods {
        let of = |path: &str, http_method: &str| {
            throttles.iter().find(|(p, m, _)| p == path && m == http_method).map(|(_, _, throttle)| *throttle)
        };
        method.throttle = of(method.path.as_str(), &method.http_method).or_else(|| of("/*", "*"));
    }
    Ok(())
}
