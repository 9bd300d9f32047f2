//! Lambda functions: properties, and the JavaScript module that the handler names.

use std::time::Duration;

use super::repair;
use super::resource::Resource;
use super::scope::Scope;
use super::source::not_relative;
use super::types::Type;
use crate::deployment::{Function, FunctionCode, Module};
use crate::document::{LoadError, Node, scalar};
use crate::functions::with_files;

/// Lambda's own defaults and limits: seconds and MiB.
const TIMEOUT: u32 = 3;
const MAX_TIMEOUT: u32 = 900;
const MEMORY: u32 = 128;
const MAX_MEMORY: u32 = 10_240;

/// The order in which Lambda looks for a handler's module.
const ENDINGS: [&str; 3] = ["js", "mjs", "cjs"];

/// Variables that a function cannot be given (developer guide of Lambda, "Defined runtime environment variables"; the
/// default region is there since 2022).
const RESERVED: [&str; 17] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
];

/// Why a function has no code here: what is said of its kind, and the error of a strict reading.
struct Elsewhere {
    what: String,
    refusal: LoadError,
}

/// Reads a function. One whose code does not run here (another runtime, an image, a package in S3) is answered by a
/// double.
pub(super) fn load(scope: &Scope, resource: &Resource) -> Result<Function, LoadError> {
    let what = resource.what();
    let number = |key: &str, default: u32, range| match resource.property(scope, key)? {
        Some(node) => scalar::whole(&node, &format!("`{key}` of {what}"), range),
        None => Ok(default),
    };
    let (handler, runtime) = (resource.text(scope, "Handler")?, resource.text(scope, "Runtime")?);
    let code = match code(scope, resource)? {
        Ok(module) => FunctionCode::Script(module),
        Err(elsewhere) => {
            let why = elsewhere.what.clone();
            scope.notes().pass_over(format!("function with {why}; its tasks need a double"), elsewhere.refusal)?;
            FunctionCode::Elsewhere(why)
        }
    };
    Ok(Function {
        position: resource.position.clone(),
        logical_id: resource.id.clone(),
        arn: resource.arn(scope)?,
        name: resource.name(scope)?,
        handler: handler.unwrap_or_default(),
        runtime: runtime.unwrap_or_default(),
        code,
        timeout: Duration::from_secs(number("Timeout", TIMEOUT, 1..=MAX_TIMEOUT)?.into()),
        memory: number("MemorySize", MEMORY, MEMORY..=MAX_MEMORY)?,
        environment: environment(scope, resource)?,
    })
}

fn environment(scope: &Scope, resource: &Resource) -> Result<Vec<(String, String)>, LoadError> {
    let Some(environment) = resource.property(scope, "Environment")? else { return Ok(Vec::new()) };
    environment.expect_keys("`Environment`", &["Variables"])?;
    let Some(variables) = environment.get("Variables") else { return Ok(Vec::new()) };
    let text = |value: &Node, key: &str| scalar::text(value, &format!("variable `{key}`"));
    let variables = variables.expect_map("`Variables`")?;
    if let Some(entry) = variables.iter().find(|entry| RESERVED.contains(&entry.key.as_str())) {
        let message = format!(
            "variable `{}` of {} is reserved by Lambda, which refuses to create the function: leave it out",
            entry.key,
            resource.what()
        );
        return Err(LoadError::at(&entry.position, message));
    }
    variables.iter().map(|entry| Ok((entry.key.clone(), text(&entry.value, &entry.key)?))).collect()
}

/// `Code`; a key of it that is not known is passed over.
fn declared_code(scope: &Scope, resource: &Resource) -> Result<Node, LoadError> {
    const KEYS: [&str; 7] =
        ["ImageUri", "S3Bucket", "S3Key", "S3ObjectStorageMode", "S3ObjectVersion", "SourceKMSKeyArn", "ZipFile"];
    let code = resource.required(scope, "Code")?;
    let what = format!("the code of {}", resource.what());
    scope.notes().pass_over_keys(code.as_map().unwrap_or_default(), &what, "the code of functions", &KEYS)?;
    Ok(code)
}

/// The module that a handler names, from inline code or from the folder that the template names.
fn code(scope: &Scope, resource: &Resource) -> Result<Result<Module, Elsewhere>, LoadError> {
    let what = resource.what();
    if let Some(package) = resource.property(scope, "PackageType")?.filter(|package| package.as_str() != Some("Zip")) {
        let refusal = package.unexpected(&format!("the package type of {what}"), "Zip");
        return Ok(Err(Elsewhere { what: "a container image".to_owned(), refusal }));
    }
    let Some(runtime) = resource.property(scope, "Runtime")? else {
        let refusal = LoadError::at(&resource.position, format!("{what} needs `Runtime`"));
        return Ok(Err(Elsewhere { what: "no runtime".to_owned(), refusal }));
    };
    if !runtime.as_str().is_some_and(|runtime| runtime.starts_with("nodejs")) {
        let refusal =
            runtime.unexpected(&format!("the runtime of {what}"), "nodejs…, since handlers are run as JavaScript");
        let name = scalar::text(&runtime, "`Runtime`")?;
        return Ok(Err(Elsewhere { what: format!("runtime {name}"), refusal }));
    }
    let handler = resource.required(scope, "Handler")?;
    let Some((module, _)) = handler.as_str().and_then(|handler| handler.rsplit_once('.')) else {
        return Err(
            handler.unexpected(&format!("the handler of {what}"), "a module and its export, as `index.handler`")
        );
    };
    let (inline, folder) = match resource.kind {
        Type::ServerlessFunction => (resource.property(scope, "InlineCode")?, resource.property(scope, "CodeUri")?),
        _ => match declared_code(scope, resource)? {
            code if code.get("ZipFile").is_some() => (code.get("ZipFile").cloned(), None),
            code => (None, Some(code)),
        },
    };
    if let Some(inline) = inline {
        let source = inline.expect_str(&format!("the inline code of {what}"))?.to_owned();
        return Ok(Ok(Module::alone(format!("{}/index.js", resource.id), source)));
    }
    let asset = scope.assets().of(resource, "Code", folder.as_ref());
    let Some(folder) = asset.or(folder) else {
        let refusal = LoadError::at(&resource.position, format!("{what} needs `CodeUri`"));
        return Ok(Err(Elsewhere { what: "no code".to_owned(), refusal }));
    };
    let in_s3 = |refusal| Ok(Err(Elsewhere { what: "code that lies in S3".to_owned(), refusal }));
    let Some(named) = folder.as_str() else {
        return in_s3(folder.unexpected(&format!("the code of {what}"), "a folder below the template"));
    };
    let at = folder.position.clone();
    let repaired = repair::module_outside(scope, named);
    let folder =
        if repaired.is_some() { None } else { scope.source().named(named, &folder.position, scope.notes())? };
    let found = match (&folder, repaired) {
        (Some(folder), _) => {
            let path = |ending| [folder.as_str(), "/", module, ".", ending].concat().trim_start_matches('/').to_owned();
            let modules = ENDINGS.map(path).map(|path| Ok((scope.source().read(&path)?, path)));
            modules.into_iter().collect::<Result<Vec<_>, LoadError>>()?
        }
        (None, Some(file)) => vec![(scope.source().read(file)?, file.to_owned())],
        (None, None) => {
            let refusal = not_relative(named, &at);
            return if named.starts_with("s3://") {
                in_s3(refusal)
            } else {
                Ok(Err(Elsewhere { what: "code at an absolute path".to_owned(), refusal }))
            };
        }
    };
    let first = found.into_iter().find_map(|(source, path)| {
        let alone = Module::alone(path, source?);
        let Some(folder) = &folder else { return Some(alone) };
        let module = Module { folder: folder.clone(), ..alone };
        Some(with_files(module, |path| scope.source().read_in(folder, path)))
    });
    Ok(first.ok_or_else(|| {
        let message = format!("no module `{module}` with ending .js, .mjs or .cjs in `{named}`");
        let refusal = LoadError::at(&handler.position, message);
        Elsewhere { what: format!("a handler whose module is not in `{named}`; build it first"), refusal }
    }))
}
