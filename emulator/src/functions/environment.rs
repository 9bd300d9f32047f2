//! One execution environment: an engine with the function's module loaded, which serves one invocation at a time and
//! is used again, like Lambda's.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rquickjs::function::IntoArgs;
use rquickjs::{Context, Ctx, Function as JsFunction, Object, Runtime};

use super::bytecode::{Bytecode, ModuleText};
use super::console::Console;
use super::ending::Ending;
use super::error::FunctionError;
use super::host::Host;
use super::invocation::Invocation;
use super::load_failure::LoadFailure;
use super::memory::MemoryShare;
use super::script::Script;
use super::{builtins, module};
use crate::document::LoadError;

/// How deep JavaScript may recurse, in bytes of the machine's stack; threads for handlers have several times as much.
const MAX_STACK: usize = 768 * 1024;
/// What an environment holds that is not counted anew each time, in bytes.
const SMALL: usize = 1 << 20;
/// What it may have grown by meanwhile, in bytes: 5,000 of them hold 160 MB more at most than is known.
const GROWTH: usize = 32 << 10;
/// The engine collects no garbage before it holds so many bytes.
const FIRST_COLLECTION: usize = 256 * 1024;
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
    /// Of which version of the function it is.
    version: Box<str>,
    /// The type of the error of a function whose memory is used up.
    out_of_memory: &'static str,
    /// The bytes that the function may have.
    memory: usize,
    /// What it has of the memory of all. After the engine, so that it is given back when that is gone.
    share: MemoryShare,
}

impl Environment {
    /// Loads the module of a version of the function; when `stopping` is set, its JavaScript ends.
    pub(super) fn load(
        script: &Script,
        version: &str,
        share: MemoryShare,
        console: &Console,
        stopping: &Arc<AtomicBool>,
        now: Duration,
    ) -> Result<Self, LoadFailure> {
        let broken = |error: rquickjs::Error| {
            LoadFailure::ours(LoadError::nowhere(format!("the JavaScript engine does not start: {error}")))
        };
        let runtime = Runtime::new().map_err(broken)?;
        runtime.set_memory_limit(share.all());
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
            let object = host.object(&ctx, &script.environment_of(version), script.node_version()).map_err(broken)?;
            module::provide(&ctx, &object, script).map_err(broken)?;
            builtins::provide(&ctx, &object).map_err(broken)?;
            let tools: Object<'_> = bootstrap.call((object,)).map_err(broken)?;
            tools.set("facts", script.facts(&ctx, version).map_err(broken)?).map_err(broken)?;
            let handler = module::load(&ctx, script, &tools)
                .map_err(|failure| LoadFailure { on_lambda: host.ending().or(failure.on_lambda), ..failure })?;
            tools.set("handler", handler).map_err(broken)?;
            // Out of reach of the module, which has the globals for itself.
            match ctx.store_userdata(tools) {
                Ok(_) => Ok(()),
                Err(_) => Err(LoadFailure::ours(LoadError::nowhere("the JavaScript engine keeps no data"))),
            }
        })?;
        let (out_of_memory, memory) = (script.out_of_memory, script.memory_bytes());
        Ok(Self { context, runtime, host, version: version.into(), out_of_memory, memory, share })
    }

    /// Whether it is one of this version of the function.
    pub(super) fn is_of(&self, version: &str) -> bool {
        &*self.version == version
    }

    /// Has as much memory lent as the function may have; false where there is next to none.
    pub(super) fn borrow(&mut self) -> bool {
        let has_room = self.share.borrow(self.memory);
        self.runtime.set_memory_limit(self.share.all().max(1));
        has_room
    }

    /// What it holds while nothing runs in it.
    pub(super) fn held(&self) -> usize {
        self.share.held()
    }

    /// Counts nothing of it any more, since it is about to be dropped.
    pub(super) fn forget(&mut self) {
        self.share.settle(0);
    }

    /// Begins an invocation.
    pub(super) fn invoke(&mut self, script: &Script, payload: &str, invocation: &Invocation) -> Progress {
        let progress = self.begin(script, payload, invocation);
        self.rest();
        progress
    }

    fn begin(&self, script: &Script, payload: &str, invocation: &Invocation) -> Progress {
        self.host.resume(invocation.begun, invocation.deadline);
        self.host.draw_by(&invocation.request_id);
        let begun = self.context.with(|ctx| {
            let called = (|| {
                let invoke: JsFunction<'_> = tools(&ctx).get("invoke")?;
                let arn = invocation.qualifier.behind(&script.arn);
                invoke.call::<_, ()>((payload, invocation.request_id.as_str(), arn))
            })();
            called.map_err(|_| uncaught(&ctx))
        });
        self.settle(invocation, begun)
    }

    /// Goes on after a timer came due.
    pub(super) fn wake(&mut self, invocation: &Invocation, now: Duration) -> Progress {
        self.borrow();
        let progress = self.go_on(invocation, now);
        self.rest();
        progress
    }

    fn go_on(&self, invocation: &Invocation, now: Duration) -> Progress {
        self.host.resume(now, invocation.deadline);
        while let Some(id) = self.host.take_due() {
            let progress = self.settle(invocation, self.call("fire", (id,)));
            if !matches!(progress, Progress::Sleeping(_)) {
                return progress;
            }
        }
        self.settle(invocation, Ok(()))
    }

    /// Gives back what it was lent and has not used. To count that goes through all objects of the engine, so one that is small
    /// and has hardly grown stands for what was counted last.
    fn rest(&mut self) {
        let last = self.share.held();
        let is_as_before = (1..SMALL).contains(&last) && self.holds_at_most(last + GROWTH);
        self.share.settle(if is_as_before { last } else { self.used() });
    }

    /// Whether the engine has room for one more object below that bound, which it keeps until it is lent memory again.
    fn holds_at_most(&self, bytes: usize) -> bool {
        self.runtime.set_memory_limit(bytes);
        self.context.with(|ctx| Object::new(ctx.clone()).map_err(|_| drop(ctx.catch())).is_ok())
    }

    /// How the invocation fails, and the environment with it.
    fn broken(&self, ending: Ending, invocation: &Invocation) -> Progress {
        if ending == Ending::OutOfMemory && self.share.all() < self.memory {
            self.host.say(format!(
                "stepgate: a handler was lent {} of the {} MiB of its function, and needed more: all environments together \
                 hold too much (--handler-memory-mib)",
                self.share.all() >> 20,
                self.memory >> 20,
            ));
        }
        Progress::Broken(ending.error(invocation, self.out_of_memory))
    }

    /// Runs what promises have queued, and sees where that leads.
    fn settle(&self, invocation: &Invocation, called: Result<(), Ending>) -> Progress {
        if let Some(ending) = self.run(called) {
            return self.broken(ending, invocation);
        }
        if let Some(settled) = self.host.take_settled() {
            return Progress::Answered(settled.into());
        }
        if let Some(next) = self.host.next_timer() {
            return Progress::Sleeping(next);
        }
        if let Some(ending) = self.run(self.call("drained", ())) {
            return self.broken(ending, invocation);
        }
        let settled = self.host.take_settled();
        Progress::Answered(
            settled.expect("an invocation with nothing left to wait for is settled, or has thrown").into(),
        )
    }

    fn call<'a>(&self, tool: &str, arguments: impl for<'js> IntoArgs<'js>) -> Result<(), Ending> {
        self.context.with(|ctx| {
            let called = tools(&ctx).get::<_, JsFunction<'_>>(tool).and_then(|tool| tool.call::<_, ()>(arguments));
            called.map_err(|_| uncaught(&ctx))
        })
    }

    /// Runs what promises have queued; how the process ends, if it does.
    fn run(&self, called: Result<(), Ending>) -> Option<Ending> {
        let mut thrown = called.err();
        loop {
            match self.runtime.execute_pending_job() {
                Ok(true) if !self.host.is_stopped() => {}
                Ok(_) => break,
                // No handler can cause it but by what it cannot catch, such as running out of memory.
                Err(failed) => {
                    let uncaught = failed.0.with(|ctx| uncaught(&ctx));
                    thrown.get_or_insert(uncaught);
                    break;
                }
            }
        }
        let mut ending = self.host.ending().or(thrown);
        if ending.is_none() && self.host.take_rejection() {
            ending = self.unhandled();
        }
        if self.host.take_doubt() && !self.host.is_stopped() && self.was_full() {
            return Some(Ending::OutOfMemory);
        }
        ending
    }

    /// Whether the engine has had no memory for an error.
    fn was_full(&self) -> bool {
        /// How near to its bound the engine is brought: garbage that it then does not collect it has collected when it was
        /// as full.
        const NEAR: usize = 64 * 1024;
        let most = self.share.all();
        let free = most.saturating_sub(NEAR).saturating_sub(self.used());
        self.runtime.set_memory_limit(0);
        let was_full = self.context.with(|ctx| {
            let was_full = tools(&ctx).get::<_, JsFunction<'_>>("wasFull");
            was_full.and_then(|was_full| was_full.call::<_, bool>((free as f64,))).map_err(|_| drop(ctx.catch()))
        });
        self.runtime.set_memory_limit(most.max(1));
        // As after a collection of what is left; the ballast is no measure.
        self.runtime.set_gc_threshold((self.used() + self.used() / 2).max(FIRST_COLLECTION));
        was_full.unwrap_or_default()
    }

    /// What the engine has allocated.
    fn used(&self) -> usize {
        usize::try_from(self.runtime.memory_usage().malloc_size).unwrap_or_default()
    }

    /// A promise that was rejected and that nobody heard of: the end of Lambda's process, whatever the handler answers.
    fn unhandled(&self) -> Option<Ending> {
        let told = self.context.with(|ctx| {
            let unhandled = tools(&ctx).get::<_, JsFunction<'_>>("unhandled");
            unhandled.and_then(|unhandled| unhandled.call::<_, Option<String>>(())).map_err(|_| uncaught(&ctx))
        });
        match told {
            Ok(error) => self.host.ending().or(error.map(Ending::Threw)),
            Err(ending) => Some(ending),
        }
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
fn uncaught(ctx: &Ctx<'_>) -> Ending {
    let thrown = ctx.catch();
    let told = tools(ctx).get::<_, JsFunction<'_>>("told").and_then(|told| told.call::<_, String>((thrown,)));
    told.map_or_else(
        |_| {
            // It could not even be described, and must not lie in wait for the next call.
            drop(ctx.catch());
            Ending::OutOfMemory
        },
        Ending::Threw,
    )
}
