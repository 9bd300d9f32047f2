//! One execution environment: an engine with the function's module loaded, which serves one invocation at a time and
//! is used again, like Lambda's.

use std::rc::Rc;
use std::time::Duration;

use rquickjs::context::EvalOptions;
use rquickjs::{Context, Ctx, Function as JsFunction, Object, Persistent, Runtime};

use super::console::Console;
use super::error::FunctionError;
use super::host::Host;
use super::invocation::Invocation;
use super::module;
use super::script::Script;
use crate::document::LoadError;

/// How deep JavaScript may recurse, in bytes of the machine's stack; the workflow thread has several times as much.
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

/// An engine with a function in it. The order of the fields is the order in which they must be dropped.
pub(super) struct Environment {
    handler: Persistent<Object<'static>>,
    invoke: Persistent<JsFunction<'static>>,
    fire: Persistent<JsFunction<'static>>,
    describe: Persistent<JsFunction<'static>>,
    context: Context,
    runtime: Runtime,
    host: Rc<Host>,
}

impl Environment {
    /// Loads the function's module.
    pub(super) fn load(script: &Script, console: &Console, now: Duration) -> Result<Self, LoadError> {
        let broken =
            |error: rquickjs::Error| LoadError::nowhere(format!("the JavaScript engine does not start: {error}"));
        let runtime = Runtime::new().map_err(broken)?;
        runtime.set_memory_limit(usize::try_from(script.memory).unwrap_or(usize::MAX).saturating_mul(1024 * 1024));
        runtime.set_max_stack_size(MAX_STACK);
        let host = Rc::new(Host::new(now, console.clone()));
        host.guard(&runtime);
        host.resume(now, now + INIT_TIMEOUT);
        module::refuse_imports(&runtime);
        let context = Context::full(&runtime).map_err(broken)?;
        let (handler, invoke, fire, describe) = context.with(|ctx| {
            let source = include_str!("bootstrap.js");
            let around = |error| broken(error);
            let mut options = EvalOptions::default();
            options.filename = Some("node:lambda".to_owned());
            let bootstrap: JsFunction<'_> = ctx.eval_with_options(source, options).map_err(around)?;
            let object = host.object(&ctx, &script.environment, script.node_version()).map_err(around)?;
            let tools: Object<'_> = bootstrap.call((object,)).map_err(around)?;
            let handler = module::load(&ctx, script, &tools)?;
            let tool = |name: &str| {
                tools.get::<_, JsFunction<'_>>(name).map(|tool| Persistent::save(&ctx, tool)).map_err(around)
            };
            Ok((Persistent::save(&ctx, handler), tool("invoke")?, tool("fire")?, tool("describe")?))
        })?;
        Ok(Self { handler, invoke, fire, describe, context, runtime, host })
    }

    /// Begins an invocation.
    pub(super) fn invoke(&mut self, script: &Script, payload: &str, invocation: &Invocation) -> Progress {
        self.host.resume(invocation.begun, invocation.deadline);
        let begun = self.context.with(|ctx| {
            let called = (|| {
                let meta = script.context(&ctx, invocation)?;
                let invoke = self.invoke.clone().restore(&ctx)?;
                let handler = self.handler.clone().restore(&ctx)?;
                invoke.call::<_, ()>((handler, payload, meta))
            })();
            self.exception(&ctx, called)
        });
        self.settle(invocation, begun)
    }

    /// Goes on after a timer came due.
    pub(super) fn wake(&mut self, invocation: &Invocation, now: Duration) -> Progress {
        self.host.resume(now, invocation.deadline);
        while let Some(id) = self.host.take_due() {
            let fired = self.context.with(|ctx| {
                let called = (|| self.fire.clone().restore(&ctx)?.call::<_, ()>((id,)))();
                self.exception(&ctx, called)
            });
            let progress = self.settle(invocation, fired);
            if !matches!(progress, Progress::Sleeping(_)) {
                return progress;
            }
        }
        self.settle(invocation, Ok(()))
    }

    /// What `bootstrap.js` let through: only what no handler can catch, such as running out of memory.
    fn exception(&self, ctx: &Ctx<'_>, called: rquickjs::Result<()>) -> Result<(), String> {
        called.map_err(|_| {
            let thrown = ctx.catch();
            let described =
                self.describe.clone().restore(ctx).and_then(|describe| describe.call::<_, String>((thrown,)));
            described.unwrap_or_else(|_| {
                r#"{"errorType":"InternalError","errorMessage":"out of memory","trace":[]}"#.to_owned()
            })
        })
    }

    /// Runs what promises have queued, and sees where that leads.
    fn settle(&self, invocation: &Invocation, called: Result<(), String>) -> Progress {
        while matches!(self.runtime.execute_pending_job(), Ok(true) | Err(_)) {
            if self.host.interrupted() {
                break;
            }
        }
        if let Some(broken) = self.broken(invocation) {
            return Progress::Broken(broken);
        }
        if let Err(error) = called {
            return Progress::Broken(FunctionError::from_payload(error));
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
