//! What each step of making a JavaScript environment costs, from source and from bytecode: microseconds of each step, on
//! average over environments that all stay; how many bytes one takes, without and with what is loaded into it, and what it
//! costs to count them.
//!
//! `cargo run --release -p stepgate-emulator --example environment_steps [COUNT]`

#![expect(clippy::print_stdout, reason = "an example prints what it measures")]

use std::time::{Duration, Instant};

use rquickjs::context::EvalOptions;
use rquickjs::loader::Loader as _;
use rquickjs::loader::bundle::{Bundle, ScaBundleData};
use rquickjs::{Context, Ctx, Function, Module, Object, Runtime, WriteOptions};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What every environment begins with, and a handler of `deploy/`.
const BOOTSTRAP: &str = include_str!("../src/functions/bootstrap.js");
const HANDLER: &str = include_str!("../../deploy/handlers/workflow.mjs");
const STEPS: [&str; 6] = ["runtime", "context", "host", "load bootstrap", "call it", "module"];

type Compiled = ScaBundleData<&'static [u8]>;

fn main() -> rquickjs::Result<()> {
    let count: u32 = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(2_000);
    let compiled = [compile("node:lambda", BOOTSTRAP, true)?, compile("workflow.mjs", HANDLER, false)?];
    for bytecode in [None, Some(compiled)] {
        let (mut kept, mut times) = (Vec::new(), [Duration::ZERO; STEPS.len()]);
        for _ in 0..count {
            kept.push(environment(bytecode, &mut times)?);
        }
        let each = STEPS.iter().zip(times).map(|(step, time)| format!("{step} {:.1}", micros(time, count)));
        let all = micros(times.iter().sum(), count);
        let form = if bytecode.is_some() { "bytecode" } else { "source" };
        println!("{form}: {}; together {all:.1} us", each.collect::<Vec<_>>().join(", "));
        let runtime = Runtime::new()?;
        let _context = Context::full(&runtime)?;
        let empty = runtime.memory_usage().malloc_size;
        let full = kept.first().map_or(0, |(_, runtime)| runtime.memory_usage().malloc_size);
        let begun = Instant::now();
        let all: i64 = kept.iter().map(|(_, runtime)| runtime.memory_usage().malloc_size).sum();
        let counted = micros(begun.elapsed(), count);
        println!("{form}: {empty} bytes empty, {full} loaded; {all} in all, counted in {counted:.1} us each");
    }
    Ok(())
}

fn micros(time: Duration, count: u32) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(count)
}

fn compile(name: &'static str, source: &str, strip_source: bool) -> rquickjs::Result<Compiled> {
    let runtime = Runtime::new()?;
    let options = WriteOptions { strip_source, ..WriteOptions::default() };
    let bytes = Context::full(&runtime)?.with(|ctx| Module::declare(ctx, name, source)?.write(options))?;
    Ok(vec![(name, &*bytes.leak())].leak())
}

fn environment(
    bytecode: Option<[Compiled; 2]>,
    times: &mut [Duration; STEPS.len()],
) -> rquickjs::Result<(Context, Runtime)> {
    let mut begun = Instant::now();
    let mut lap = |step: usize| {
        times[step] += begun.elapsed();
        begun = Instant::now();
    };
    let runtime = Runtime::new()?;
    runtime.set_interrupt_handler(Some(Box::new(|| false)));
    lap(0);
    let context = Context::full(&runtime)?;
    lap(1);
    context.with(|ctx| {
        let host = host(&ctx)?;
        lap(2);
        let bootstrap: Function<'_> = if let Some([bootstrap, _]) = bytecode {
            evaluated(Bundle(bootstrap).load(&ctx, "node:lambda", None)?)?.get("default")?
        } else {
            let mut options = EvalOptions::default();
            options.filename = Some("node:lambda".to_owned());
            ctx.eval_with_options(BOOTSTRAP.replacen("export default ", "", 1), options)?
        };
        lap(3);
        let tools: Object<'_> = bootstrap.call((host,))?;
        lap(4);
        let module = match bytecode {
            Some([_, handler]) => Bundle(handler).load(&ctx, "workflow.mjs", None)?,
            None => Module::declare(ctx.clone(), "workflow.mjs", HANDLER)?,
        };
        tools.set("run", evaluated(module)?.get::<_, Function<'_>>("wait3000")?)?;
        lap(5);
        Ok((context.clone(), runtime.clone()))
    })
}

/// The names that a module exports.
fn evaluated(module: Module<'_>) -> rquickjs::Result<Object<'_>> {
    let (module, promise) = module.eval()?;
    promise.finish::<()>()?;
    module.namespace()
}

/// As much as Rust gives to each environment.
fn host<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    host.set("nodeVersion", "v22.21.1")?;
    for name in ["env", "now", "remaining", "exhaust"] {
        host.set(name, Function::new(ctx.clone(), || 1.0)?)?;
    }
    host.set("log", Function::new(ctx.clone(), |_: String| ())?)?;
    host.set("setTimer", Function::new(ctx.clone(), |_: u32, _: f64| ())?)?;
    host.set("clearTimer", Function::new(ctx.clone(), |_: u32| ())?)?;
    host.set("settle", Function::new(ctx.clone(), |_: bool, _: String| ())?)?;
    host.set("crash", Function::new(ctx.clone(), |_: String| ())?)?;
    host.set("exit", Function::new(ctx.clone(), |_: u8| ())?)?;
    Ok(host)
}
