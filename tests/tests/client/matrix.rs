//! Each fault by itself: fault × delivery × what carries the request, held against the emulator's own list.
//!
//! 8 calls a cell, or as many as `STEPGATE_MATRIX_CALLS` says; half of the requests suffer the fault (`docs/faults.md`).

use crate::chaos::{CARRIERS, Carrier, Mode, Scene, Tally};
use contract_tests::proxy::Fault;

fn calls() -> usize {
    std::env::var("STEPGATE_MATRIX_CALLS").map_or(8, |calls| calls.parse().unwrap())
}

/// Four faults at a time, each on an endpoint and a proxy of its own.
async fn row(mode: Mode, carrier: Carrier) -> Vec<(Fault, Tally)> {
    let faults = Fault::ALL.into_iter().filter(|fault| carrier != Carrier::Http2 || fault.fits_http2());
    let (mut running, mut cells) = (tokio::task::JoinSet::new(), Vec::new());
    for fault in faults {
        if running.len() == 4 {
            cells.push(running.join_next().await.unwrap().unwrap());
        }
        let scene = Scene::new(mode, carrier, &[fault], 50);
        running.spawn(async move { (fault, scene.run(calls()).await) });
    }
    cells.extend(running.join_all().await);
    cells.sort_by_key(|(fault, _)| *fault);
    cells
}

async fn matrix(mode: Mode) {
    for carrier in CARRIERS {
        for (fault, tally) in row(mode, carrier).await {
            println!("| {} | {mode:?} | {carrier:?} | {tally}", fault.as_str());
            tally.check(mode, &(fault, carrier));
            // Nothing is lost by what only takes time.
            if matches!(fault, Fault::Delay | Fault::Drip) && mode != Mode::AtMostOnce {
                assert_eq!(tally.wrong, 0, "{fault:?} {tally:?}");
            }
        }
    }
}

#[tokio::test]
async fn no_fault_makes_at_most_once_start_twice_or_deny_a_start() {
    matrix(Mode::AtMostOnce).await;
}

#[tokio::test]
async fn no_fault_makes_a_key_ok_without_its_execution() {
    matrix(Mode::KeysLearnt).await;
}

#[tokio::test]
async fn no_fault_makes_idempotent_start_twice() {
    matrix(Mode::Idempotent).await;
}

#[tokio::test]
async fn no_fault_hides_a_duplicate_of_at_least_once() {
    matrix(Mode::AtLeastOnce).await;
}
