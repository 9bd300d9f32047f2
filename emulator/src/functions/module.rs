//! From a file to its handler: `CommonJS` and ES modules, and what they load.

use std::fmt::Write as _;
use std::sync::Arc;

use rquickjs::context::EvalOptions;
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::{Ctx, Exception, Function as JsFunction, IntoJs, Module, Object, Runtime, Value};

use super::ending::Ending;
use super::files::{Files, SourceFile, SourceKind, WRAPPER, missing, wrapped};
use super::load_failure::LoadFailure;
use super::script::Script;
use crate::document::{LoadError, Position};

/// The name of `bootstrap.js`.
pub(super) const BOOTSTRAP: &str = "node:lambda";
/// The part of it that has `require`.
const REQUIRING: &str = "node:internal/modules";
/// What stands before the path of a module that is no ES module, when one imports it.
const REQUIRED: &str = "require:";

/// Finds the handler: an object with the function as `run`, whether it is given a callback, and whether it is told of when
/// it never settles.
pub(super) fn load<'js>(ctx: &Ctx<'js>, script: &Script, tools: &Object<'js>) -> Result<Object<'js>, LoadFailure> {
    let path = &script.files.main;
    let exports = match script.files.own().kind {
        SourceKind::EsModule => Module::import(ctx, path.as_str()).and_then(|promise| promise.finish::<Value<'_>>()),
        SourceKind::CommonJs | SourceKind::Json => {
            tools.get::<_, JsFunction<'_>>("load").and_then(|load| load.call((path.as_str(),)))
        }
    };
    let mut found: Value<'js> = exports.map_err(|error| thrown(ctx, script, tools, &error))?;
    for part in script.export.split('.') {
        found = match found.as_object() {
            Some(object) => object.get(part).map_err(|error| thrown(ctx, script, tools, &error))?,
            None => Value::new_undefined(ctx.clone()),
        };
    }
    let Some(run) = found.as_function() else {
        // Lambda asks for a value that counts as false.
        let is_nothing = found.is_undefined() || found.is_null() || found.as_bool() == Some(false);
        let what = if found.is_undefined() { "is not there" } else { "is not a function" };
        let message = format!(
            "handler `{}` of function `{}`: {path} exports no function `{}` (it {what})",
            script.export, script.name, script.export
        );
        let told = if is_nothing { "is undefined or not exported" } else { "is not a function" };
        return Err(LoadFailure::of_runtime(
            LoadError::at(&script.position, message),
            "Runtime.HandlerNotFound",
            &format!("{} {told}", script.handler),
        ));
    };
    let parameters: usize = run.get("length").map_err(|error| engine(&error))?;
    if parameters > 2 && !script.has_callbacks() {
        let message = format!(
            "handler `{}` of function `{}` takes a callback, which Lambda no longer passes from nodejs24.x on: make it async",
            script.export, script.name
        );
        return Err(LoadFailure::ours(LoadError::at(&script.position, message)));
    }
    let handler = Object::new(ctx.clone()).map_err(|error| engine(&error))?;
    handler.set("run", run.clone()).map_err(|error| engine(&error))?;
    handler.set("callbacks", script.has_callbacks()).map_err(|error| engine(&error))?;
    handler.set("tellsOfUnsettled", script.tells_of_unsettled()).map_err(|error| engine(&error))?;
    Ok(handler)
}

/// Gives `bootstrap.js` the files: `find`, `open` and `fileName`.
pub(super) fn provide<'js>(ctx: &Ctx<'js>, object: &Object<'js>, script: &Script) -> rquickjs::Result<()> {
    let files = Arc::clone(&script.files);
    let find = move |from: String, name: String| match files.locate(&from, &name, false) {
        Ok(path) => vec![path, String::new()],
        Err(why) => vec![String::new(), why],
    };
    object.set("find", JsFunction::new(ctx.clone(), find)?)?;
    let files = Arc::clone(&script.files);
    let open = move |ctx: Ctx<'js>, path: String| {
        let file = files.get(&path).expect("paths are those that `find` gives");
        opened(&ctx, &path, file)
    };
    object.set("open", JsFunction::new(ctx.clone(), open)?)?;
    let files = Arc::clone(&script.files);
    object.set("fileName", JsFunction::new(ctx.clone(), move |path: String| files.file_name(&path))?)
}

/// The kind of a file, and its text, its function or what it exports.
fn opened<'js>(ctx: &Ctx<'js>, path: &str, file: &SourceFile) -> rquickjs::Result<Vec<Value<'js>>> {
    let (kind, value) = match file.kind {
        SourceKind::Json => ("json", file.text.as_ref().into_js(ctx)?),
        SourceKind::EsModule => {
            let promise = Module::import(ctx, path)?;
            let exports = promise.finish::<Value<'_>>();
            // Whoever requires it hears of a failure; the promise itself has nobody else.
            if exports.is_err()
                && let Some(tools) = ctx.userdata::<Object<'_>>()
            {
                let failure = ctx.catch();
                tools.get::<_, JsFunction<'_>>("rejected")?.call::<_, ()>((
                    promise,
                    Value::new_undefined(ctx.clone()),
                    true,
                ))?;
                return Err(ctx.throw(failure));
            }
            ("es", exports?)
        }
        SourceKind::CommonJs => ("common", function(ctx, path, file)?.into_value()),
    };
    Ok(vec![kind.into_js(ctx)?, value])
}

fn function<'js>(ctx: &Ctx<'js>, path: &str, file: &SourceFile) -> rquickjs::Result<JsFunction<'js>> {
    if let Some(bytecode) = file.bytecode {
        let (module, promise) = bytecode.load(ctx)?.eval()?;
        promise.finish::<()>()?;
        return module.namespace()?.get("default");
    }
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(path.to_owned());
    ctx.eval_with_options(wrapped(&file.text), options)
}

fn engine(error: &rquickjs::Error) -> LoadFailure {
    LoadFailure::ours(LoadError::nowhere(format!("the JavaScript engine fails: {error}")))
}

/// An exception of the module, with the place that its stack names.
fn thrown<'js>(ctx: &Ctx<'js>, script: &Script, tools: &Object<'js>, error: &rquickjs::Error) -> LoadFailure {
    let caught = if error.is_exception() { ctx.catch() } else { Value::new_undefined(ctx.clone()) };
    // That ends the process, whatever the error is called.
    let note = tools.get::<_, JsFunction<'_>>("noteExhaustion");
    if note.and_then(|note| note.call::<_, ()>((caught.clone(),))).is_err() {
        drop(ctx.catch());
    }
    let failure: Option<Object<'js>> =
        tools.get::<_, JsFunction<'_>>("failure").and_then(|failure| failure.call(())).ok();
    let exception = caught.as_object().cloned().and_then(Exception::from_object);
    let written = exception.as_ref().and_then(Exception::message);
    let explained = exception.clone().zip(written.as_deref()).and_then(|(exception, message)| {
        failure.as_ref()?.get::<_, JsFunction<'_>>("explain").ok()?.call::<_, String>((exception, message)).ok()
    });
    let name: Option<String> = exception.as_ref().and_then(|exception| exception.as_object().get("name").ok());
    let message = name.zip(explained.as_ref()).map(|(name, message)| format!("{name}: {message}"));
    let message =
        format!("function `{}` cannot be loaded: {}", script.name, message.unwrap_or_else(|| error.to_string()));
    let stack = exception.as_ref().and_then(Exception::stack).unwrap_or_default();
    let found = stack.lines().find_map(|line| {
        // The longest path: another one may be the end of it.
        let mut places: Vec<_> = script.files.paths().filter_map(|path| Some((path, place(line, path)?))).collect();
        places.sort_by_key(|(path, _)| path.len());
        places.pop()
    });
    let (path, (line, column)) = found.unwrap_or((script.files.main.as_str(), (1, 1)));
    let is_wrapped = line == 1 && script.files.get(path).is_some_and(|file| file.kind == SourceKind::CommonJs);
    let shift = if is_wrapped { u32::try_from(WRAPPER.len()).unwrap_or(0) } else { 0 };
    let position = Position { file: path.into(), line, column: column.saturating_sub(shift).max(1) };
    let error = LoadError::at(&position, message);
    if explained != written {
        return LoadFailure::ours(error);
    }
    if let Some(name) = written.as_deref().and_then(missing) {
        let stack: Vec<String> =
            exception.and_then(|exception| exception.as_object().get("requireStack").ok()).unwrap_or_default();
        return match script.files.missing_on_lambda(name, &stack) {
            Some((error_type, message)) => LoadFailure::of_runtime(error, error_type, &message),
            None => LoadFailure::ours(error),
        };
    }
    let told = failure.and_then(|failure| {
        let told: Object<'js> = failure.get::<_, JsFunction<'_>>("unloaded").ok()?.call((caught,)).ok()?;
        ctx.json_stringify(told).ok()??.to_string().ok()
    });
    LoadFailure { error, on_lambda: told.map(Ending::Threw) }
}

/// The first `path:line:column` of a line.
fn place(line: &str, path: &str) -> Option<(u32, u32)> {
    let rest = line.split_once(path)?.1.strip_prefix(':')?;
    let mut numbers = rest.split(|symbol: char| !symbol.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Imports find the function's files and the modules that are provided; all others are refused.
pub(super) fn confine_imports(runtime: &Runtime, script: &Script) {
    runtime.set_loader(Names(Arc::clone(&script.files)), Modules(Arc::clone(&script.files)));
}

struct Names(Arc<Files>);

impl Resolver for Names {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        // Code that runs has a name: only who calls the engine from outside has none.
        if (base.is_empty() || base == REQUIRING) && self.0.get(name).is_some() {
            return Ok(name.to_owned());
        }
        let path = self.0.locate(base, name, true).map_err(|why| Exception::throw_message(ctx, &why))?;
        let is_required = self.0.get(&path).is_some_and(|file| file.kind == SourceKind::CommonJs);
        Ok(if is_required { format!("{REQUIRED}{path}") } else { path })
    }
}

struct Modules(Arc<Files>);

impl Loader for Modules {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<Module<'js>> {
        let Some(file) = self.0.get(name) else {
            let source = exporting(ctx, name.strip_prefix(REQUIRED).unwrap_or(name))?;
            return Module::declare(ctx.clone(), name, source);
        };
        match (file.kind, file.bytecode) {
            (SourceKind::Json, _) => {
                Module::declare(ctx.clone(), name, format!("export default JSON.parse({});", quoted(&file.text)))
            }
            (_, Some(bytecode)) => bytecode.load(ctx),
            (_, None) => Module::declare(ctx.clone(), name, &*file.text),
        }
    }
}

/// A module that exports what `require` gives, as its default and by the names that it has.
fn exporting(ctx: &Ctx<'_>, path: &str) -> rquickjs::Result<String> {
    let load: JsFunction<'_> = ctx.globals().get("__stepgate_load")?;
    let exports: Value<'_> = load.call((path,))?;
    let mut source = format!("const found = globalThis.__stepgate_load({});\nexport default found;\n", quoted(path));
    for name in exports.as_object().into_iter().flat_map(|exports| exports.keys::<String>().flatten()) {
        let is_name = name.chars().all(|symbol| symbol.is_ascii_alphanumeric() || symbol == '_' || symbol == '$')
            && !name.starts_with(|first: char| first.is_ascii_digit());
        if is_name && !name.is_empty() && name != "default" {
            let _ = write!(source, "const its_{name} = found.{name};\nexport {{ its_{name} as {name} }};\n");
        }
    }
    Ok(source)
}

/// A literal of JavaScript.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("text has a form in JSON")
}
