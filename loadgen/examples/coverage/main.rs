//! Prints how often nominal 95 % intervals hold the truth, over 2,000 simulated runs each.
//!
//! `cargo run --release -p stepgate-loadgen --example coverage`
#![expect(clippy::print_stdout, reason = "its table is its purpose")]

mod simulation;

use stepgate_loadgen::statistics::{
    CensoredTimes, Confidence, Estimate, Ladder, Shift, SparseHistogram, TimeSeries, Total, Trials, effective_size,
    mean, proportion,
};

use self::simulation::{Run, shift_coverage};

const RUNS: u32 = 2_000;

/// Correlations of a request's time with that of the request before.
const PHIS: [f64; 4] = [0.0, 0.5, 0.9, 0.97];

fn main() {
    println!("| interval of | requests | independent | phi = 0.5 | phi = 0.9 | phi = 0.97 |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for seconds in [20, 60] {
        let runs = PHIS.map(|phi| Run { rate: 100, seconds, phi });
        let percentiles = [0.5, 0.9, 0.95, 0.99];
        let covered = runs.map(|run| run.percentile_coverage(percentiles, RUNS));
        for (i, q) in percentiles.iter().enumerate() {
            row(&format!("p{}", q * 100.0), seconds, covered.map(|covered| covered[i]));
        }
        for rate in [0.002, 0.01, 0.05, 0.5] {
            let covered = runs.map(|run| run.rate_coverage(rate, RUNS));
            let cells = covered.map(|(covered, hits)| format!("{:.1} % ({hits:.1})", 100.0 * covered));
            println!("| rate {}% (independent hits) | {} | {} |", rate * 100.0, 100 * seconds, cells.join(" | "));
        }
        row("average", seconds, runs.map(|run| Some(run.mean_coverage(RUNS))));
    }
    println!("\n| shift between | covered |\n| --- | --- |");
    for size in [4, 5, 10, 20] {
        println!("| {size} and {size} runs | {:.1} % |", 100.0 * shift_coverage(size, RUNS));
    }
}

fn row(name: &str, seconds: u32, covered: [Option<f64>; 4]) {
    let cells = covered.map(|share| share.map_or("n/a".into(), |share| format!("{:.1} %", 100.0 * share)));
    println!("| {name} | {} | {} |", 100 * seconds, cells.join(" | "));
}
