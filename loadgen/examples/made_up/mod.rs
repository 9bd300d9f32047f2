//! Runs that never were, for the examples that read run directories.

use stepgate_loadgen::archive::{Host, Manifest, Start};
use stepgate_loadgen::judge::Extent;
use stepgate_loadgen::record::{Kind, Labelled, Places};
use stepgate_loadgen::report::Identity;
use stepgate_loadgen::scenario::{Names, Warmup};
use stepgate_loadgen::shard::Shard;

/// Nanoseconds.
pub(crate) const SECOND: u64 = 1_000_000_000;

/// When every such run began.
pub(crate) const BEGAN: &str = "2026-11-25T00:00:00.000Z";

/// The manifest of a run of so many seconds with so many arrivals of one payload.
pub(crate) fn manifest(scenario: &str, seed: u64, seconds: u64, planned: u64) -> Manifest {
    Manifest {
        schema: 1,
        run: Identity {
            loadgen: env!("CARGO_PKG_VERSION").into(),
            scenario: scenario.into(),
            digest: "made up".into(),
            seed,
            target: "http://127.0.0.1:1/prod/execute".into(),
            dns_us: None,
            embedded: false,
            simulated: None,
            closed_loop: false,
            started_at: BEGAN.into(),
            seconds: 0.0,
        },
        host: Host {
            name: "nobody's".into(),
            platform: "made up".into(),
            kernel: "none".into(),
            processors: 1,
            timer_late_us: None,
            spin_late_us: None,
        },
        shard: Shard::WHOLE,
        attempt: 0,
        attempts: Vec::new(),
        start: Start::default(),
        planned: Some(planned),
        window_ns: seconds * SECOND,
        places: Places { stages: vec!["all".into()], payloads: vec![payload("order")] },
        ramps: Vec::new(),
        asked_per_second: None,
        extent: Extent::Stages,
        names: Names::Service,
        names_assumed: false,
        warmup: Warmup::None,
        scarce: None,
        thresholds: Vec::new(),
        scenario: None,
        arguments: vec!["made".into(), "up".into()],
    }
}

/// A payload that starts executions.
pub(crate) fn payload(name: &str) -> Labelled {
    Labelled { name: name.into(), kind: Kind::Execute }
}
