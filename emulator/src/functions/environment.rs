//! One execution environment: an engine with the function's module loaded, which serves one invocation at a time and
//! is used again, like Lambda's.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rquickjs::{Context, Ctx, Function as JsFunction, Object, Runtime};

use super::bytecode::{Bytecode, ModuleText};
use super::console::Console;
use super::error::FunctionError;
use super::host::Host;
use super::invocation::Invocation;
use super::script::Script;
use super::{builtins, module};
use crate::document::LoadError;

/// How deep JavaScript may recurse, in bytes of the machine's stack; threads for handlers have several times as much.
const MAX_STACK: usize = 768 * 1024;
/// Lambda gives a module ten seconds to load.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// Where an invocation stands.
#[derive(Debug)]
pub(super) enum Progress {
    /// It is over; the environment may be used again.
    Answered(Result<String, FunctionError>),
    /// It is over and the environment with it.
    Broken(FunctionError),
    /// It waits for a timer.
    Sleeping(Duration),
}

/// An engine with a function in it. It may move between threads, and runs on one at a time.
pub(super) struct Environment {
    context: Context,
    runtime: Runtime,
    host: Arc<Host>,
}

impl Environment {
    /// Loads the function's module; when `stopping` is set, its JavaScript ends.
    pub(super) fn load(
        script: &Script,
        console: &Console,
        stopping: &Arc<AtomicBool>,
        now: Duration,
    ) -> Result<Self, LoadError> {
        let broken =
            |error: rquickjs::Error| LoadError::nowhere(format!("the JavaScript engine does not start: {error}"));
        let runtime = Runtime::new().map_err(broken)?;
        runtime.set_memory_limit(usize::try_from(script.memory).unwrap_or(usize::MAX).saturating_mul(1024 * 1024));
        runtime.set_max_stack_size(MAX_STACK);
        let host = Arc::new(Host::new(now, console.clone(), Arc::clone(stopping)));
        host.guard(&runtime);
        host.resume(now, now + INIT_TIMEOUT);
        module::confine_imports(&runtime, script);
        let hears = Arc::clone(&host);
        runtime.set_host_promise_rejection_tracker(Some(Box::new(move |ctx, promise, reason, is_heard| {
            // What fails while the module loads is told by the load itself.
            let Some(tools) = ctx.userdata::<Object<'_>>() else { return };
            let rejected = tools.get::<_, JsFunction<'_>>("rejected");
            if rejected.and_then(|rejected| rejected.call::<_, ()>((promise, reason, is_heard))).is_err() {
                drop(ctx.catch());
            }
            hears.note_rejection();
        })));
        let context = Context::full(&runtime).map_err(broken)?;
        context.with(|ctx| {
            let (bootstrap, _) = bootstrap(&ctx).and_then(|bytecode| bytecode.load(&ctx)?.eval()).map_err(broken)?;
            let bootstrap: JsFunction<'_> = bootstrap.get("default").map_err(broken)?;
            let object = host.object(&ctx, &script.environment, script.node_version()).map_err(broken)?;
            module::provide(&ctx, &object, script).map_err(broken)?;
            builtins::provide(&ctx, &object).map_err(broken)?;
            let tools: Object<'_> = bootstrap.call((object,)).map_err(broken)?;
            let handler = module::load(&ctx, script, &tools)?;
            tools.set("handler", handler).map_err(broken)?;
            // Out of reach of the module, which has the globals for itself.
            ctx.store_userdata(tools).map_err(|_| LoadError::nowhere("the JavaScript engine keeps no data"))?;
            Ok(())
        })?;
        Ok(Self { context, runtime, host })
    }

    /// Begins an invocation.
    pub(super) fn invoke(&mut self, script: &Script, payload: &str, invocation: &Invocation) -> Progress {
        self.host.resume(invocation.begun, invocation.deadline);
        let begun = self.context.with(|ctx| {
            let called = (|| {
                let meta = script.context(&ctx, invocation)?;
                let tools = tools(&ctx);
                let invoke: JsFunction<'_> = tools.get("invoke")?;
                invoke.call::<_, ()>((tools.get::<_, Object<'_>>("handler")?, payload, meta))
            })();
            exception(&ctx, called)
        });
        self.settle(invocation, begun)
    }

    /// Goes on after a timer came due.
    pub(super) fn wake(&mut self, invocation: &Invocation, now: Duration) -> Progress {
        self.host.resume(now, invocation.deadline);
        while let Some(id) = self.host.take_due() {
            let fired = self.context.with(|ctx| {
                let called = (|| tools(&ctx).get::<_, JsFunction<'_>>("fire")?.call::<_, ()>((id,)))();
                exception(&ctx, called)
            });
            let progress = self.settle(invocation, fired);
            if !matches!(progress, Progress::Sleeping(_)) {
                return progress;
            }
        }
        self.settle(invocation, Ok(()))
    }

    /// Runs what promises have queued, and sees where that leads.
    fn settle(&self, invocation: &Invocation, called: Result<(), String>) -> Progress {
        let mut called = called;
        loop {
            match self.runtime.execute_pending_job() {
                Ok(true) if !self.host.interrupted() => {}
                Ok(_) => break,
                // No handler can cause it but by what it cannot catch, such as running out of memory.
                Err(failed) => {
                    called =
                        called.and_then(|()| failed.0.with(|ctx| exception(&ctx, Err(rquickjs::Error::Exception))));
                    break;
                }
            }
        }
        if let Some(broken) = self.broken(invocation) {
            return Progress::Broken(broken);
        }
        if let Err(error) = called {
            return Progress::Broken(FunctionError::from_payload(error));
        }
        if self.host.take_rejection()
            && let Some(unhandled) = self.unhandled()
        {
            return Progress::Broken(unhandled);
        }
        let next = self.host.next_timer();
        match (self.host.settled_waits(), next) {
            (Some(true) | None, Some(next)) => Progress::Sleeping(next),
            // Lambda answers null when nothing is left that could answer.
            _ => Progress::Answered(match self.host.take_settled() {
                None => Ok("null".to_owned()),
                Some(settled) if settled.succeeded => Ok(settled.text),
                Some(settled) => Err(FunctionError::from_payload(settled.text)),
            }),
        }
    }

    /// A promise that was rejected and that nobody heard of: the end of Lambda's process, whatever the handler answers.
    fn unhandled(&self) -> Option<FunctionError> {
        let told = self.context.with(|ctx| {
            let unhandled = tools(&ctx).get::<_, JsFunction<'_>>("unhandled");
            unhandled.and_then(|unhandled| unhandled.call::<_, Option<String>>(())).unwrap_or_else(|_| {
                drop(ctx.catch());
                None
            })
        });
        told.map(FunctionError::from_payload)
    }

    fn broken(&self, invocation: &Invocation) -> Option<FunctionError> {
        if self.host.interrupted() {
            return Some(FunctionError::timed_out(invocation));
        }
        if self.host.crashed() {
            let settled = self.host.take_settled();
            return Some(settled.map_or_else(
                || FunctionError::exited(invocation),
                |settled| FunctionError::from_payload(settled.text),
            ));
        }
        None
    }
}

/// `bootstrap.js`, compiled once.
fn bootstrap(ctx: &Ctx<'_>) -> rquickjs::Result<Bytecode> {
    static COMPILED: OnceLock<Bytecode> = OnceLock::new();
    if let Some(compiled) = COMPILED.get() {
        return Ok(*compiled);
    }
    let compiled = Bytecode::of(ctx, module::BOOTSTRAP, include_str!("bootstrap.js"), ModuleText::Dropped)?;
    Ok(*COMPILED.get_or_init(|| compiled))
}

/// What `bootstrap.js` has given back, with the handler in it.
fn tools<'js>(ctx: &Ctx<'js>) -> Object<'js> {
    let tools = ctx.userdata::<Object<'js>>();
    tools.expect("an environment is made only after its tools are stored").clone()
}

/// What `bootstrap.js` let through: only what no handler can catch, such as running out of memory.
fn exception(ctx: &Ctx<'_>, called: rquickjs::Result<()>) -> Result<(), String> {
    called.map_err(|_| {
        let thrown = ctx.catch();
        let describe = tools(ctx).get::<_, JsFunction<'_>>("describe");
        describe.and_then(|describe| describe.call::<_, String>((thrown,))).unwrap_or_else(|_| {
            // The description itself has thrown, which must not lie in wait for the next call.
            drop(ctx.catch());
            r#"{"errorType":"InternalError","errorMessage":"out of memory","trace":[]}"#.to_owned()
        })
    })
}
