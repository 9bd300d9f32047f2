//! Prints what making a body costs: constant, plain calls, minijinja, rows of data.
//!
//! `cargo run --release -p stepgate-loadgen --example render`
#![expect(clippy::print_stdout, reason = "its table is its purpose")]

use std::error::Error;
use std::fmt::Write;
use std::time::Instant;

use serde_json::{Value, json};
use stepgate_loadgen::payload::{Arriving, Data, Order, Template, TemplateContext};

/// Bodies in a round.
const BODIES: u64 = 100_000;

/// Rounds, of which the median counts.
const ROUNDS: usize = 11;

/// Rows of the table: some 6 MB, far more than is kept in memory.
const ROWS: u64 = 200_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut rows = String::from("id,name\n");
    for row in 0..ROWS {
        writeln!(rows, "{row},name of user number {row}")?;
    }
    let table = |name: &str, order| Data::csv(name, order, Box::new(rows.clone().into_bytes()));
    let tables = [table("users", Order::Sequential)?.into(), table("drawn", Order::Random)?.into()];
    let bodies = [
        ("constant", json!({"order": "constant", "customer": 1})),
        ("plain calls", json!({"order": "{{ uuid() }}", "customer": "{{ int(1, 100000) }}"})),
        ("the same, by minijinja", json!({"order": "{{ uuid() | string }}", "customer": "{{ int(1, 100000) + 0 }}"})),
        ("a filter", json!({"order": "{{ uuid() | upper }}", "customer": 1})),
        ("a loop of ten", json!({"order": "{% for i in range(10) %}{{ hex(4) }}{% endfor %}", "customer": 1})),
        ("a row in order", json!({"id": "{{ data('users', 'id') }}", "name": "{{ data('users', 'name') }}"})),
        ("a row at random", json!({"id": "{{ data('drawn', 'id') }}", "name": "{{ data('drawn', 'name') }}"})),
    ];
    println!("| body | bytes | µs a body, median of {ROUNDS} | fastest to slowest |\n| --- | ---: | ---: | ---: |");
    for (name, body) in bodies {
        let template = Template::within(&body, &TemplateContext { tables: &tables, ..TemplateContext::default() });
        let template = template.map_err(|e| e.mistake)?;
        show(name, &template, &body)?;
    }
    Ok(())
}

fn show(name: &str, template: &Template, body: &Value) -> Result<(), Box<dyn Error>> {
    let mut out = Vec::new();
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for k in 0..BODIES {
            out.clear();
            let arriving = Arriving { k, seed: k.wrapping_mul(0x9e37_79b9_7f4a_7c15), unix_ms: 0 };
            template.render(&arriving, &mut out).map_err(|e| format!("{body}: {e}"))?;
        }
        rounds.push(begun.elapsed().as_secs_f64() * 1e6 / BODIES as f64);
    }
    rounds.sort_by(f64::total_cmp);
    let (median, fastest, slowest) = (rounds[ROUNDS / 2], rounds[0], rounds[ROUNDS - 1]);
    println!("| {name} | {} | {median:.3} | {fastest:.3} to {slowest:.3} |", out.len());
    Ok(())
}
