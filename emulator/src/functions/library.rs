//! What may be invoked.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::console::Console;
use super::ending::Ending;
use super::environment::Environment;
use super::handler_module::HandlerModule;
use super::load_failure::LoadFailure;
use super::memory::{Memory, MemoryShare};
use super::native::Native;
use super::qualifier::Qualifier;
use super::script::Script;
use crate::deployment::{Function, FunctionCode};
use crate::document::{LoadError, Position, did_you_mean};

/// How long a handler for no function of the template may take: as long as Lambda allows at most.
const LONGEST: Duration = Duration::from_mins(15);
/// Lambda's default for one function, in MiB.
const MEMORY: u32 = 128;

/// Everything that may be invoked, checked.
#[derive(Debug, Clone)]
pub(crate) struct Library {
    pub(super) functions: Vec<Spec>,
    pub(super) cold_start: Duration,
    /// Most invocations at a time, over all functions.
    pub(super) concurrency: usize,
    /// What all environments may hold together, in bytes.
    pub(super) memory: usize,
    /// The type of the error of a function whose memory is used up.
    pub(super) out_of_memory: &'static str,
    /// What to say of handlers that nothing deployed calls.
    unused: Vec<String>,
}

/// What a library is made of.
pub(crate) struct LibraryOptions<'a> {
    /// The functions of the template.
    pub(crate) functions: &'a [Function],
    /// Handlers in JavaScript by the name of what they take the place of.
    pub(crate) handlers: &'a [(String, HandlerModule)],
    /// Handlers in Rust.
    pub(crate) natives: &'a [Native],
    /// What tasks of the deployed machines call. Handlers for other names wait for machines that are created later.
    pub(crate) named: &'a HashSet<String>,
    /// What stands before the name in the ARN of a function.
    pub(crate) function_prefix: &'a str,
    pub(crate) cold_start: Duration,
    pub(crate) concurrency: usize,
    /// What all environments may hold together, in bytes.
    pub(crate) memory: usize,
    /// Whether a handler of the template that cannot be loaded is an error, and so is one that nothing calls.
    pub(crate) strict: bool,
    /// The type of the error of a function whose memory is used up.
    pub(crate) out_of_memory: &'static str,
    pub(crate) now: Duration,
}

/// One function.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) logical_id: String,
    pub(super) code: Code,
    pub(super) timeout: Duration,
}

/// What runs when it is invoked.
#[derive(Debug, Clone)]
pub(super) enum Code {
    Script(Arc<Script>),
    Native(Native),
    /// Nothing that runs here, for a reason that was said when the template was loaded.
    Elsewhere(String),
    /// Nothing that runs here, and why.
    None(String),
    /// A module that does not load, on Lambda either: why, and what whoever invokes it is told.
    Unloaded(String, Ending),
}

impl Library {
    /// Loads every module once, so that what cannot run is known before anything is served. A handler takes the place
    /// of the function that has its name.
    pub(crate) fn load(options: &LibraryOptions<'_>) -> Result<Self, LoadError> {
        let LibraryOptions {
            functions,
            handlers,
            natives,
            named,
            function_prefix,
            cold_start,
            concurrency,
            memory,
            strict,
            out_of_memory,
            now,
        } = *options;
        let mut specs = Vec::with_capacity(functions.len());
        for function in functions {
            let goes_by =
                |name: &str| [&function.name, &function.logical_id, &function.arn].iter().any(|it| *it == name);
            let handler = handlers.iter().find(|(name, _)| goes_by(name));
            let code = if let Some(native) = natives.iter().find(|native| goes_by(native.name())) {
                Code::Native(native.clone())
            } else if let Some((_, handler)) = handler {
                script(&replaced(function, handler), out_of_memory, now).map_err(|failure| failure.error)?
            } else {
                script_or_why(function, out_of_memory, strict, now)?
            };
            let Function { arn, name, logical_id, timeout, .. } = function.clone();
            specs.push(Spec { arn, name, logical_id, code, timeout });
        }
        let mut unused = Vec::new();
        let taken = |name: &str| functions.iter().any(|it| it.name == name || it.logical_id == name || it.arn == name);
        let declared = natives.iter().map(Native::name).chain(handlers.iter().map(|(name, _)| name.as_str()));
        for name in declared.filter(|name| !taken(name)) {
            if !named.contains(name) {
                let known = known(functions, named);
                if strict {
                    return Err(unknown(name, &known));
                }
                let meant = did_you_mean(name, known);
                unused.push(format!("handler of `{name}`, until a machine is created that calls it{meant}"));
            }
            let code = if let Some(native) = natives.iter().find(|native| native.name() == name) {
                Code::Native(native.clone())
            } else {
                let (_, handler) = handlers.iter().find(|(other, _)| other == name).expect("the name is one of theirs");
                let function = function(name, handler, function_prefix);
                script(&function, out_of_memory, now).map_err(|failure| failure.error)?
            };
            let arn = if name.starts_with("arn:") { name.to_owned() } else { format!("{function_prefix}{name}") };
            let (name, logical_id) = (name.to_owned(), name.to_owned());
            specs.push(Spec { arn, name, logical_id, code, timeout: LONGEST });
        }
        Ok(Self { functions: specs, cold_start, concurrency, memory, out_of_memory, unused })
    }

    /// ARN, name and logical id of each function, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.functions.iter().map(|spec| (spec.arn.as_str(), spec.name.as_str(), spec.logical_id.as_str()))
    }

    /// Why each function has no handler, `None` for those that have one, in order.
    pub(crate) fn unhandled(&self) -> Vec<Option<String>> {
        let why = |spec: &Spec| match &spec.code {
            Code::Elsewhere(why) | Code::None(why) | Code::Unloaded(why, _) => Some(why.clone()),
            Code::Script(_) | Code::Native(_) => None,
        };
        self.functions.iter().map(why).collect()
    }

    /// Whether each function fails as it does on Lambda, since its module does not load, in order.
    pub(crate) fn unloaded(&self) -> Vec<bool> {
        self.functions.iter().map(|spec| matches!(spec.code, Code::Unloaded(..))).collect()
    }

    /// What to say of functions whose handlers cannot be loaded, and of handlers that nothing calls yet.
    pub(crate) fn passed_over(&self) -> Vec<String> {
        let say = |spec: &Spec| match &spec.code {
            Code::None(why) => {
                Some(format!("handler of function `{}`, whose tasks need a double: {why}", spec.logical_id))
            }
            Code::Unloaded(why, _) => {
                Some(format!("handler of function `{}`, which fails when it is invoked: {why}", spec.logical_id))
            }
            Code::Script(_) | Code::Native(_) | Code::Elsewhere(_) => None,
        };
        self.functions.iter().filter_map(say).chain(self.unused.iter().cloned()).collect()
    }
}

/// A handler of the template; or why it does not run here. On AWS it would be deployed and fail when it is invoked.
fn script_or_why(
    function: &Function,
    out_of_memory: &'static str,
    strict: bool,
    now: Duration,
) -> Result<Code, LoadError> {
    if let FunctionCode::Elsewhere(why) = &function.code {
        return Ok(Code::Elsewhere(why.clone()));
    }
    match script(function, out_of_memory, now) {
        Ok(code) => Ok(code),
        Err(failure) if strict => Err(failure.error),
        Err(LoadFailure { error, on_lambda: None }) => Ok(Code::None(error.to_string())),
        Err(LoadFailure { error, on_lambda: Some(ending) }) => Ok(Code::Unloaded(error.to_string(), ending)),
    }
}

fn script(function: &Function, out_of_memory: &'static str, now: Duration) -> Result<Code, LoadFailure> {
    let script = Script::new(function, out_of_memory)?;
    // Gone before anything is served, so it is no part of what environments hold together.
    let share = MemoryShare::of(&Arc::new(Memory::new(usize::MAX)), script.memory_bytes());
    let share = share.expect("a quarter of all memory is more than any function has");
    Environment::load(&script, Qualifier::default().version(), share, &Console::default(), &Arc::default(), now)?;
    Ok(Code::Script(Arc::new(script)))
}

/// A function of the template with another handler.
fn replaced(function: &Function, handler: &HandlerModule) -> Function {
    let runtime =
        if function.runtime.starts_with("nodejs") { function.runtime.clone() } else { "nodejs22.x".to_owned() };
    Function {
        handler: format!("index.{}", handler.export),
        code: FunctionCode::Script(handler.module.clone()),
        runtime,
        ..function.clone()
    }
}

/// A function that the template does not have.
fn function(name: &str, handler: &HandlerModule, prefix: &str) -> Function {
    Function {
        position: Position { file: handler.module.path.as_str().into(), line: 1, column: 1 },
        logical_id: name.to_owned(),
        arn: format!("{prefix}{name}"),
        name: name.to_owned(),
        handler: format!("index.{}", handler.export),
        runtime: "nodejs22.x".to_owned(),
        code: FunctionCode::Script(handler.module.clone()),
        timeout: LONGEST,
        memory: MEMORY,
        environment: Vec::new(),
    }
}

/// What a handler may be declared for, as people write it.
fn known<'n>(functions: &'n [Function], named: &'n HashSet<String>) -> Vec<&'n str> {
    let mut known: Vec<&str> = functions.iter().map(|function| function.name.as_str()).collect();
    known.extend(named.iter().map(String::as_str).filter(|name| !name.starts_with("arn:")));
    known.sort_unstable();
    known.dedup();
    known
}

fn unknown(name: &str, known: &[&str]) -> LoadError {
    let meant = did_you_mean(name, known.iter().copied());
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    LoadError::nowhere(format!("there is no function or task `{name}` to handle: there is {known}{meant}"))
}
