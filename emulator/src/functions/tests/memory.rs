//! What all environments hold together.

use super::*;

const MIB: usize = 1 << 20;

/// A handler that fills as many MiB as it is told, waits, and tells how many invocations its environment has had.
const FILLS: &str = "let kept, count = 0; export const run = async (event) => {
    count += 1;
    kept = new Uint8Array(event.mib * 2 ** 20).fill(1);
    await new Promise((resolve) => setTimeout(resolve, event.wait ?? 1000));
    return [kept.length, count]; };";

fn bench(memory: usize, mib: u32) -> Bench {
    let mut filling = function("a.mjs", FILLS, "nodejs22.x");
    filling.memory = mib;
    let mut other = filling.clone();
    (other.name, other.logical_id, other.arn) = ("q".to_owned(), "Q".to_owned(), "arn:q".to_owned());
    let functions = [filling, other];
    Bench::serving(Library::load(&LibraryOptions { memory, ..options(&functions) }).unwrap())
}

fn held(bench: &Bench) -> usize {
    bench.pool.counts().memory.held()
}

#[test]
fn invocations_beyond_what_all_may_hold_are_throttled_and_the_rest_go_on() {
    let mut bench = bench(128 * MIB, 16);
    let refused: Vec<_> = (0..20).filter_map(|_| bench.begin(&json!({"mib": 12}))).collect();
    let busy = 20 - refused.len();
    assert!(
        (9..=10).contains(&busy),
        "{busy} of 12 MiB and an environment each, and 16 MiB that the next one may want"
    );
    for (_, answer) in refused {
        assert_eq!(answer.unwrap_err().error, "Lambda.TooManyRequestsException");
    }
    let counts = bench.pool.counts();
    let told = [&counts.throttled, &counts.without_room].map(|count| count.load(Ordering::Relaxed));
    assert_eq!(told, [20 - busy as u64; 2]);
    assert!((busy * 12 * MIB..=128 * MIB).contains(&held(&bench)), "{}", held(&bench));
    assert_eq!(bench.said().len(), 1, "it is said once: {:?}", bench.said());
    for _ in 0..busy {
        assert_eq!(bench.next().1, Ok(format!("[{},1]", 12 * MIB)));
    }
    assert!(bench.begin(&json!({"mib": 1})).is_none(), "there is room again");
}

#[test]
fn a_handler_that_needs_more_than_is_left_runs_out_of_memory_and_the_log_says_why() {
    let mut bench = bench(32 * MIB, 64);
    let failed = bench.run(&json!({"mib": 30})).0.unwrap_err();
    assert_eq!(failed.error, "Runtime.OutOfMemory");
    assert!(bench.said()[0].contains("(--handler-memory-mib)"), "{:?}", bench.said());
    assert_eq!(held(&bench), 0, "its environment is gone");
    assert_eq!(bench.run(&json!({"mib": 4})).0, Ok(format!("[{},1]", 4 * MIB)));
}

#[test]
fn of_large_idle_environments_few_are_kept_and_small_ones_stay() {
    let mut bench = bench(256 * MIB, 64);
    for mib in [0, 0, 0, 20, 20, 20] {
        assert!(bench.begin(&json!({"mib": mib})).is_none());
    }
    assert!(held(&bench) > 60 * MIB);
    for _ in 0..6 {
        bench.next().1.unwrap();
    }
    let small = 4 * MIB;
    assert!((20 * MIB..20 * MIB + small).contains(&held(&bench)), "one of them is within an eighth: {}", held(&bench));
}

#[test]
fn idle_environments_make_room_the_largest_first() {
    let mut bench = bench(64 * MIB, 64);
    for (mib, wait) in [(6, 10), (0, 20)] {
        assert!(bench.begin(&json!({"mib": mib, "wait": wait})).is_none());
    }
    for _ in 0..2 {
        bench.next().1.unwrap();
    }
    let mut before = held(&bench);
    assert!(before > 6 * MIB, "both are kept");
    loop {
        assert!(bench.begin_at(1, &json!({"mib": 3})).is_none(), "there is room as long as some are idle");
        if held(&bench) < before {
            break;
        }
        before = held(&bench);
    }
    for _ in 0..2 {
        assert!(bench.begin(&json!({"mib": 0, "wait": 10})).is_none());
    }
    let mut answers = [bench.next().1.unwrap(), bench.next().1.unwrap()];
    answers.sort_unstable();
    assert_eq!(answers, ["[0,1]", "[0,2]"], "the small one was kept, the large one was not");
}
