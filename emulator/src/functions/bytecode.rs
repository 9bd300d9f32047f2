//! Modules that are compiled once: an environment that loads bytecode is made in a quarter of the time that it takes to
//! read the sources again (`cargo run --release -p stepgate-emulator --example environment_steps`).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rquickjs::loader::Loader as _;
use rquickjs::loader::bundle::{Bundle, ScaBundleData};
use rquickjs::{Ctx, Module, WriteOptions};

/// The name of the one module in a bundle.
const ONLY: &str = "module";

/// A compiled module. Only [`Bytecode::of`] makes one, in this process and with this engine: the engine trusts what it is
/// given here, so that bytes from elsewhere must never become one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytecode(ScaBundleData<&'static [u8]>);

/// Whether a compiled module keeps its text, each function a copy of its own part of it: what `toString` of a function says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModuleText {
    Kept,
    Dropped,
}

/// What was compiled, by name and source. The engine's own way to load bytecode without unsafe code wants it to stay for
/// ever; so the same source is kept once, however often it is loaded.
static COMPILED: Mutex<BTreeMap<(String, String), Bytecode>> = Mutex::new(BTreeMap::new());

impl Bytecode {
    /// Compiles a module, unless that was done before.
    ///
    /// # Errors
    /// The source is no module; the context holds the exception.
    pub(super) fn of(ctx: &Ctx<'_>, name: &str, source: &str, text: ModuleText) -> rquickjs::Result<Self> {
        let key = (name.to_owned(), source.to_owned());
        let compiled = || COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = compiled().get(&key) {
            return Ok(*known);
        }
        let module = Module::declare(ctx.clone(), name, source)?;
        let options = WriteOptions { strip_source: text == ModuleText::Dropped, ..WriteOptions::default() };
        let bytes: &'static [u8] = module.write(options)?.leak();
        Ok(*compiled().entry(key).or_insert_with(|| Self(vec![(ONLY, bytes)].leak())))
    }

    /// The module, not yet evaluated. What it imports is looked up only if a loader gives it to the engine.
    pub(super) fn load<'js>(self, ctx: &Ctx<'js>) -> rquickjs::Result<Module<'js>> {
        Bundle(self.0).load(ctx, ONLY, None)
    }
}
