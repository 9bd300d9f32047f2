//! The files of a function, each compiled once for all of its environments.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::{Context, Ctx, Module as JsModule, Runtime};

use super::bytecode::{Bytecode, ModuleText};
use super::code_folder::{TASK_ROOT, find, is_json, is_within, normal, target};
use super::outline::Outline;
use crate::deployment::Module;

/// What stands before the source of a `CommonJS` module, on its first line.
pub(super) const WRAPPER: &str = "(function (exports, require, module, __filename, __dirname) {";

/// The modules of Node.js that handlers may load; `name/member` is a member of another one.
const PROVIDED: [&str; 15] = [
    "assert",
    "assert/strict",
    "buffer",
    "console",
    "crypto",
    "events",
    "path",
    "path/posix",
    "process",
    "querystring",
    "timers",
    "timers/promises",
    "url",
    "util",
    "util/types",
];

/// Modules of Node.js that need what handlers do not reach here.
const OUT_OF_REACH: [&str; 30] = [
    "async_hooks",
    "child_process",
    "cluster",
    "constants",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "perf_hooks",
    "punycode",
    "readline",
    "repl",
    "sqlite",
    "stream",
    "string_decoder",
    "test",
    "tls",
    "tty",
    "v8",
    "vm",
    "worker_threads",
    "zlib",
];

/// The files of a function.
#[derive(Debug)]
pub(super) struct Files {
    folder: String,
    /// Path of the handler's own module.
    pub(super) main: String,
    by_path: BTreeMap<String, Result<SourceFile, String>>,
}

/// One file.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub(super) text: Arc<str>,
    pub(super) kind: SourceKind,
    /// `None` if it can only be read each time.
    pub(super) bytecode: Option<Bytecode>,
}

/// What a file is, by its ending and its statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SourceKind {
    EsModule,
    CommonJs,
    Json,
}

impl Files {
    /// Compiles what can be compiled ahead.
    pub(super) fn new(module: &Module) -> Self {
        let main = normal(&module.path);
        let own = (main.clone(), Ok(Arc::from(module.source.as_str())));
        let files = module.files.iter().map(|(path, text)| (path.clone(), text.clone())).chain([own]);
        let mut by_path: BTreeMap<_, _> = files
            .map(|(path, text)| {
                let file = text.map(|text: Arc<str>| {
                    let kind = kind(&path, &text);
                    SourceFile { text, kind, bytecode: None }
                });
                (path, file)
            })
            .collect();
        // Apart from the environments, since the engine keeps what it has compiled beside what it loads.
        if let Ok(runtime) = Runtime::new()
            && let Ok(context) = Context::full(&runtime)
        {
            runtime.set_loader(Anything, Anything);
            for (path, file) in &mut by_path {
                if let Ok(file) = file {
                    file.bytecode = context.with(|ctx| compiled(&ctx, path, file));
                }
            }
        }
        Self { folder: module.folder.clone(), main, by_path }
    }

    pub(super) fn get(&self, path: &str) -> Option<&SourceFile> {
        self.by_path.get(path)?.as_ref().ok()
    }

    /// The handler's own module.
    pub(super) fn own(&self) -> &SourceFile {
        self.get(&self.main).expect("the handler's module is one of its files")
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.by_path.keys().map(String::as_str)
    }

    /// How Lambda tells that a module is missing: the error's type and message. `None` if it might be there on Lambda, where
    /// there are packages and all modules of Node.js, and where names may be computed. `stack` has the names of the files that
    /// require it, the innermost first; there is none for what is imported.
    pub(super) fn missing_on_lambda(&self, name: &str, stack: &[String]) -> Option<(&'static str, String)> {
        let named_by = |file: &SourceFile| Outline::of(&file.text).names.iter().any(|known| known == name);
        let (from, _) = self.by_path.iter().find(|(_, file)| file.as_ref().is_ok_and(named_by))?;
        let (target, _) = target(&self.folder, from, name)?;
        if self.by_path.contains_key(&target) {
            // It is there, and too large, or asked for without its ending.
            return None;
        }
        if stack.is_empty() {
            let (wanted, from) = (self.file_name(&target), self.file_name(from));
            return Some(("Error", format!("Cannot find module '{wanted}' imported from {from}")));
        }
        let above = stack.join("\n- ");
        let message =
            format!("Error: Cannot find module '{name}'\nRequire stack:\n- {above}\n- /var/runtime/index.mjs");
        Some(("Runtime.ImportModuleError", message))
    }

    /// What a handler knows a file as.
    pub(super) fn file_name(&self, path: &str) -> String {
        let inner = path.strip_prefix(&self.folder).unwrap_or(path);
        format!("{TASK_ROOT}/{}", inner.trim_start_matches('/'))
    }

    /// The path of a file, or `node:NAME`, that `name` means in the file `from`. `is_import` keeps to what `import` of
    /// Node.js takes, which adds no endings.
    ///
    /// # Errors
    /// Why there is none, and what to do about it.
    pub(super) fn locate(&self, from: &str, name: &str, is_import: bool) -> Result<String, String> {
        let plain = name.strip_prefix("node:").unwrap_or(name);
        if PROVIDED.contains(&plain) {
            return Ok(format!("node:{plain}"));
        }
        let none = |why: &str| Err(format!("Cannot find module '{name}': {why}"));
        let target = target(&self.folder, from, name);
        let is_outside = match &target {
            Some((target, _)) => !is_within(&self.folder, target) && *target != self.folder,
            None => name.starts_with('/') || name.starts_with("file:"),
        };
        if is_outside {
            let folder = if self.folder.is_empty() { "." } else { &self.folder };
            return none(&format!(
                "it lies outside of the handler's code folder {folder}, which is all that it is given"
            ));
        }
        let Some((target, is_folder)) = target else { return none(&elsewhere(name, plain)) };
        let found = find(&target, is_folder, |path| {
            let file = self.by_path.get(path)?;
            Some(file.as_ref().map(|file| Arc::clone(&file.text)).map_err(Clone::clone))
        });
        match found {
            Some(found) if is_import && found != target => {
                none(&format!("there is no {target}; `import` wants the whole name of a file, here {found}"))
            }
            Some(found) => match &self.by_path[&found] {
                Ok(_) => Ok(found),
                Err(why) => none(&format!("{found} cannot be read: {why}")),
            },
            None => {
                let others = if is_import {
                    String::new()
                } else {
                    format!(", {target}.js, {target}.json or {target}/index.js")
                };
                let when = "files are read when the template is loaded, where a source names them by a literal";
                none(&format!("there is no {target}{others} ({when})"))
            }
        }
    }
}

/// The name of the module that a message of [`Files::locate`] is about.
pub(super) fn missing(message: &str) -> Option<&str> {
    message.strip_prefix("Cannot find module '")?.split_once("': ").map(|(name, _)| name)
}

/// Why a module that is no file is not here, and the ways out.
fn elsewhere(name: &str, plain: &str) -> String {
    let elsewhere = "run the function elsewhere and name it with --lambda-endpoint, or mock its task with --mocks";
    let provided = PROVIDED.join(", ");
    let first = plain.split('/').next().unwrap_or(plain);
    if name.starts_with("node:") || OUT_OF_REACH.contains(&first) {
        return format!("functions run here reach no file, network or host; provided are {provided}. Else {elsewhere}");
    }
    format!("packages are not looked for; provided are {provided}. Bundle the handler into one file, {elsewhere}")
}

/// `.mjs` is an ES module, `.cjs` is none, and `.js` is one if it has its statements, as newer versions of Node.js decide.
fn kind(path: &str, text: &str) -> SourceKind {
    match Path::new(path).extension().and_then(OsStr::to_str) {
        Some("mjs") => SourceKind::EsModule,
        Some("js") if Outline::of(text).is_es_module => SourceKind::EsModule,
        _ if is_json(path) => SourceKind::Json,
        _ => SourceKind::CommonJs,
    }
}

/// The function that a `CommonJS` module is.
pub(super) fn wrapped(text: &str) -> String {
    format!("{WRAPPER}{text}\n}})")
}

fn compiled(ctx: &Ctx<'_>, path: &str, file: &SourceFile) -> Option<Bytecode> {
    let compiled = match file.kind {
        SourceKind::EsModule => Bytecode::of(ctx, path, &file.text, ModuleText::Kept),
        // What is compiled ahead is a module, and the code of a module is strict.
        SourceKind::CommonJs if is_strict(&file.text) => {
            Bytecode::of(ctx, path, &format!("export default {}", wrapped(&file.text)), ModuleText::Kept)
        }
        SourceKind::CommonJs | SourceKind::Json => return None,
    };
    if compiled.is_err() {
        // Whoever reads the source itself tells what is wrong with it; it must not lie in wait for the next call.
        drop(ctx.catch());
    }
    compiled.ok()
}

/// Whether a `CommonJS` module begins by asking for strict rules, as compilers from other languages have it begin.
fn is_strict(source: &str) -> bool {
    let source = source.trim_start();
    ["'use strict'", "\"use strict\""].iter().any(|directive| source.starts_with(directive))
}

/// While modules are compiled, whatever they import is there and empty.
struct Anything;

impl Resolver for Anything {
    fn resolve<'js>(
        &mut self,
        _ctx: &Ctx<'js>,
        _base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        Ok(format!("empty:{name}"))
    }
}

impl Loader for Anything {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<JsModule<'js>> {
        JsModule::declare(ctx.clone(), name, "")
    }
}
