use proptest::prelude::*;

use super::*;

fn placed(variables: &[(&str, &str)]) -> Result<Option<Placement>, Mistake> {
    asked(None, variables)
}

fn asked(choice: Option<Choice>, variables: &[(&str, &str)]) -> Result<Option<Placement>, Mistake> {
    place(choice, &|name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
}

fn shard(variables: &[(&str, &str)]) -> String {
    placed(variables).unwrap().map_or_else(|| "none".into(), |p| format!("{} attempt {}", p.shard, p.attempt))
}

/// The variables of a task of `--array`.
fn array(id: &'static str, range: [&'static str; 4]) -> Vec<(&'static str, &'static str)> {
    let [min, max, step, count] = range;
    vec![
        ("SLURM_ARRAY_TASK_ID", id),
        ("SLURM_ARRAY_TASK_MIN", min),
        ("SLURM_ARRAY_TASK_MAX", max),
        ("SLURM_ARRAY_TASK_STEP", step),
        ("SLURM_ARRAY_TASK_COUNT", count),
        // A batch script's own.
        ("SLURM_PROCID", "0"),
        ("SLURM_NTASKS", "1"),
    ]
}

#[test]
fn every_scheduler_s_variables_are_understood() {
    assert_eq!(shard(&[]), "none");
    assert_eq!(shard(&[("STEPGATE_SHARD_INDEX", "2"), ("STEPGATE_SHARD_COUNT", "4")]), "2/4 attempt 0");
    assert_eq!(shard(&[("JOB_COMPLETION_INDEX", "7"), ("STEPGATE_SHARD_COUNT", "8")]), "7/8 attempt 0");
    let batch =
        [("AWS_BATCH_JOB_ARRAY_INDEX", "9"), ("AWS_BATCH_JOB_ARRAY_SIZE", "10"), ("AWS_BATCH_JOB_ATTEMPT", "2")];
    assert_eq!(shard(&batch), "9/10 attempt 1");
    let nodes = [("AWS_BATCH_JOB_NODE_INDEX", "0"), ("AWS_BATCH_JOB_NUM_NODES", "3"), ("AWS_BATCH_JOB_ATTEMPT", "1")];
    assert_eq!(shard(&nodes), "0/3 attempt 0");
    assert_eq!(shard(&array("30", ["10", "40", "10", "4"])), "2/4 attempt 0");
    let mut requeued = array("1", ["0", "3", "1", "4"]);
    requeued.push(("SLURM_RESTART_COUNT", "1"));
    assert_eq!(shard(&requeued), "1/4 attempt 1");
    assert_eq!(shard(&[("SLURM_PROCID", "3"), ("SLURM_STEP_NUM_TASKS", "8"), ("SLURM_NTASKS", "8")]), "3/8 attempt 0");
}

#[test]
fn a_batch_script_of_many_tasks_is_no_shard_until_srun_starts_them() {
    assert_eq!(shard(&[("SLURM_PROCID", "0"), ("SLURM_NTASKS", "4"), ("SLURM_JOB_ID", "1")]), "none");
    assert_eq!(shard(&[("SLURM_PROCID", "0"), ("SLURM_STEP_NUM_TASKS", "1")]), "none", "one task is a plain start");
    assert_eq!(shard(&array("5", ["5", "5", "1", "1"])), "0/1 attempt 0", "an array of one is an array");
}

#[test]
fn two_schedulers_that_both_divide_the_load_are_refused_with_the_remedy() {
    let mut both = array("1", ["0", "3", "1", "4"]);
    both.push(("SLURM_STEP_NUM_TASKS", "2"));
    let refusal = placed(&both).unwrap_err().message;
    assert!(refusal.contains("shard 1/4") && refusal.contains("it 0/2") && refusal.contains("--shard"), "{refusal}");
    let given = asked(Some("5/6".parse().unwrap()), &both).unwrap().unwrap();
    assert_eq!((given.shard.to_string(), given.by), ("5/6".into(), Scheduler::Argument));
    assert_eq!(asked(Some(Choice::None), &both), Ok(None));
    // A step of one task within an array is the array's.
    both.pop();
    both.push(("SLURM_STEP_NUM_TASKS", "1"));
    assert_eq!(shard(&both), "1/4 attempt 0");
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    for (variables, says) in [
        (vec![("JOB_COMPLETION_INDEX", "1")], "STEPGATE_SHARD_COUNT to the Job's completions"),
        (vec![("STEPGATE_SHARD_INDEX", "1")], "STEPGATE_SHARD_COUNT is not"),
        (vec![("AWS_BATCH_JOB_ARRAY_INDEX", "1")], "AWS_BATCH_JOB_ARRAY_SIZE is not"),
        (vec![("STEPGATE_SHARD_INDEX", "4"), ("STEPGATE_SHARD_COUNT", "4")], "numbered from 0 to 3"),
        (vec![("STEPGATE_SHARD_INDEX", "x"), ("STEPGATE_SHARD_COUNT", "4")], "`x`"),
        (array("7", ["1", "7", "1", "3"]), "--array=0-2"),
    ] {
        let refusal = placed(&variables).unwrap_err().to_string();
        assert!(refusal.contains(says), "{variables:?}: {refusal}");
    }
    for text in ["", "1", "4/4", "0/0", "-1/4", "a/b", "1/4/2"] {
        assert!(text.parse::<Shard>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn shards_and_their_threads_divide_a_load(total in 0_u64..2_000, count in 1_u32..70, threads in 1_u64..5) {
        let mut seen = vec![0; usize::try_from(total).unwrap()];
        for index in 0..count {
            let shard = Shard::new(index, count).unwrap();
            prop_assert_eq!(shard.share(total), (0..total).filter(|k| shard.has(*k)).count() as u64);
            for thread in 0..threads {
                let (first, step) = shard.thread(thread, threads);
                for k in (first..total).step_by(usize::try_from(step).unwrap()) {
                    prop_assert!(shard.has(k));
                    seen[usize::try_from(k).unwrap()] += 1;
                }
            }
        }
        prop_assert!(seen.iter().all(|n| *n == 1), "{:?}", seen);
    }

    #[test]
    fn a_shard_survives_its_text(index in 0_u32..64, more in 1_u32..64) {
        let shard = Shard::new(index, index + more).unwrap();
        prop_assert_eq!(shard.to_string().parse::<Shard>(), Ok(shard));
    }
}

#[test]
fn the_second_of_three_shards_sends_every_third_arrival() {
    let second: Shard = "1/3".parse().unwrap();
    assert_eq!((0..9).filter(|k| second.has(*k)).collect::<Vec<_>>(), [1, 4, 7]);
}
