//! From a file to its handler: `CommonJS` and ES modules.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rquickjs::context::EvalOptions;
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::{Ctx, Exception, Function as JsFunction, Module, Object, Runtime, Value};

use super::bytecode::{Bytecode, ModuleText};
use super::script::Script;
use crate::document::{LoadError, Position};

/// What stands before the source of a `CommonJS` module, on its first line.
const WRAPPER: &str = "(function (exports, require, module, __filename, __dirname) {";

/// Finds the handler: an object with the function as `run` and whether it is given a callback.
pub(super) fn load<'js>(ctx: &Ctx<'js>, script: &Script, tools: &Object<'js>) -> Result<Object<'js>, LoadError> {
    ctx.globals()
        .set("__stepgate_builtin", tools.get::<_, JsFunction<'js>>("builtin").map_err(|error| engine(&error))?)
        .map_err(|error| engine(&error))?;
    let path = &script.module.path;
    let exports = if is_es_module(script) { import(ctx, script) } else { require(ctx, script, tools) };
    let exports = exports.map_err(|error| thrown(ctx, script, &error))?;
    let mut found: Value<'js> = exports.into_value();
    for part in script.export.split('.') {
        found = match found.as_object() {
            Some(object) => object.get(part).map_err(|error| engine(&error))?,
            None => Value::new_undefined(ctx.clone()),
        };
    }
    let Some(run) = found.as_function() else {
        let what = if found.is_undefined() { "is not there" } else { "is not a function" };
        let message = format!(
            "handler `{}` of function `{}`: {path} exports no function `{}` (it {what})",
            script.export, script.name, script.export
        );
        return Err(LoadError::at(&script.position, message));
    };
    let parameters: usize = run.get("length").map_err(|error| engine(&error))?;
    if parameters > 2 && !script.has_callbacks() {
        let message = format!(
            "handler `{}` of function `{}` takes a callback, which Lambda no longer passes from nodejs24.x on: make it async",
            script.export, script.name
        );
        return Err(LoadError::at(&script.position, message));
    }
    let handler = Object::new(ctx.clone()).map_err(|error| engine(&error))?;
    handler.set("run", run.clone()).map_err(|error| engine(&error))?;
    handler.set("callbacks", script.has_callbacks()).map_err(|error| engine(&error))?;
    Ok(handler)
}

/// `.mjs` is one, `.cjs` is none, and `.js` is one if it reads like one, as newer versions of Node.js decide too.
fn is_es_module(script: &Script) -> bool {
    let path = &script.module.path;
    let reads_like_one = || {
        script.module.source.lines().map(str::trim_start).any(|line| {
            line.starts_with("export ")
                || line.starts_with("export{")
                || line.starts_with("import ")
                || line.starts_with("import{")
        })
    };
    match Path::new(path).extension().and_then(OsStr::to_str) {
        Some("mjs") => true,
        Some("js") => reads_like_one(),
        _ => false,
    }
}

/// The module compiled, if it is one that was or can be compiled.
fn compiled(ctx: &Ctx<'_>, script: &Script, source: impl FnOnce() -> Option<String>) -> Option<Bytecode> {
    *script.bytecode.get_or_init(|| {
        let compiled = Bytecode::of(ctx, &script.module.path, &source()?, ModuleText::Kept);
        if compiled.is_err() {
            // Whoever reads the source itself tells what is wrong with it; it must not lie in wait for the next call.
            drop(ctx.catch());
        }
        compiled.ok()
    })
}

fn import<'js>(ctx: &Ctx<'js>, script: &Script) -> rquickjs::Result<Object<'js>> {
    if compiled(ctx, script, || Some(script.module.source.clone())).is_some() {
        return imported(ctx);
    }
    let declared = Module::declare(ctx.clone(), script.module.path.as_str(), script.module.source.as_str())?;
    let (module, promise) = declared.eval()?;
    promise.finish::<()>()?;
    module.namespace()
}

/// The compiled module, through the loader, so that what it imports is found as well.
fn imported<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    Module::import(ctx, OWN)?.finish()
}

fn require<'js>(ctx: &Ctx<'js>, script: &Script, tools: &Object<'js>) -> rquickjs::Result<Object<'js>> {
    let wrapped = || format!("{WRAPPER}{}\n}})", script.module.source);
    // What is compiled ahead is a module, and the code of a module is strict.
    let function: JsFunction<'js> =
        if compiled(ctx, script, || is_strict(script).then(|| format!("export default {}", wrapped()))).is_some() {
            imported(ctx)?.get("default")?
        } else {
            let mut options = EvalOptions::default();
            options.strict = false;
            options.filename = Some(script.module.path.clone());
            ctx.eval_with_options(wrapped(), options)?
        };
    let module = Object::new(ctx.clone())?;
    let exports = Object::new(ctx.clone())?;
    module.set("exports", exports.clone())?;
    let builtin: JsFunction<'js> = tools.get("builtin")?;
    let file = format!("/var/task/{}", script.module.path);
    let folder = file.rsplit_once('/').map_or("/var/task", |(folder, _)| folder).to_owned();
    function.call::<_, ()>((exports, builtin, module.clone(), file, folder))?;
    module.get("exports")
}

/// Whether a `CommonJS` module begins by asking for strict rules, as compilers from other languages have it begin.
fn is_strict(script: &Script) -> bool {
    let source = script.module.source.trim_start();
    ["'use strict'", "\"use strict\""].iter().any(|directive| source.starts_with(directive))
}

fn engine(error: &rquickjs::Error) -> LoadError {
    LoadError::nowhere(format!("the JavaScript engine fails: {error}"))
}

/// An exception of the module, with the place that its stack names.
fn thrown(ctx: &Ctx<'_>, script: &Script, error: &rquickjs::Error) -> LoadError {
    let caught = if error.is_exception() { ctx.catch() } else { Value::new_undefined(ctx.clone()) };
    let exception = caught.into_object().and_then(Exception::from_object);
    let message = exception.as_ref().and_then(|exception| {
        let name: Option<String> = exception.as_object().get("name").ok();
        Some(format!("{}: {}", name?, exception.message()?))
    });
    let message =
        format!("function `{}` cannot be loaded: {}", script.name, message.unwrap_or_else(|| error.to_string()));
    let stack = exception.and_then(|exception| exception.stack()).unwrap_or_default();
    let (line, column) = place(&stack, &script.module.path).unwrap_or((1, 1));
    let wrapped = line == 1 && !is_es_module(script);
    let shift = if wrapped { u32::try_from(WRAPPER.len()).unwrap_or(0) } else { 0 };
    let position =
        Position { file: script.module.path.as_str().into(), line, column: column.saturating_sub(shift).max(1) };
    LoadError::at(&position, message)
}

/// The first `path:line:column` of a stack.
fn place(stack: &str, path: &str) -> Option<(u32, u32)> {
    let rest = stack.split_once(path)?.1.strip_prefix(':')?;
    let mut numbers = rest.split(|symbol: char| !symbol.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Static imports of built-in modules are served from the same table as `require`; all others are refused.
pub(super) fn refuse_imports(runtime: &Runtime, script: &Script) {
    runtime.set_loader(Names, Modules { own: Arc::clone(&script.bytecode) });
}

/// The name by which this crate, and nobody else, imports the module of a handler.
const OWN: &str = "stepgate:handler";

/// Names and members of the modules that may be imported.
const BUILTINS: &[(&str, &[&str])] = &[
    ("timers", &["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate"]),
    ("timers/promises", &["setTimeout", "setImmediate"]),
    ("process", &["env", "argv", "platform", "version", "nextTick", "hrtime"]),
    ("console", &["log", "info", "debug", "warn", "error"]),
];

struct Names;

impl Resolver for Names {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        let plain = name.strip_prefix("node:").unwrap_or(name);
        // Code that runs has a name, and only who calls the engine from outside has none.
        if name == OWN && base.is_empty() {
            return Ok(name.to_owned());
        }
        if BUILTINS.iter().any(|(known, _)| *known == plain) {
            return Ok(plain.to_owned());
        }
        let known = BUILTINS.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", ");
        let message = format!(
            "Cannot find module '{name}': functions run here reach no file, network or host; available are {known}"
        );
        Err(Exception::throw_message(ctx, &message))
    }
}

struct Modules {
    /// The handler's own, once it is compiled.
    own: Arc<OnceLock<Option<Bytecode>>>,
}

impl Loader for Modules {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<Module<'js>> {
        if let (OWN, Some(Some(own))) = (name, self.own.get()) {
            return own.load(ctx);
        }
        let members = BUILTINS.iter().find(|(known, _)| *known == name).map_or(&[] as &[&str], |(_, members)| members);
        let mut source = format!("const found = globalThis.__stepgate_builtin('{name}');\nexport default found;\n");
        for member in members {
            let _ = write!(source, "const its_{member} = found.{member};\nexport {{ its_{member} as {member} }};\n");
        }
        Module::declare(ctx.clone(), name, source)
    }
}
