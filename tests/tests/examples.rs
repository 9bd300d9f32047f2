//! The examples, each run to its end, so that none says what is not so.

use std::fs;
use std::path::Path;

/// A test of each example, and the list of them all.
macro_rules! examples {
    ($($name:ident),+ $(,)?) => {
        const NAMES: &[&str] = &[$(stringify!($name)),+];
        $(mod $name {
            include!(concat!("../examples/", stringify!($name), ".rs"));

            #[test]
            fn runs_to_its_end() {
                main().unwrap();
            }
        })+
    };
}

examples!(blocking, executions, idempotent_retry, preflight, quickstart, scripted_tests, signed, synchronous);

#[test]
fn every_example_is_run_and_can_be_read_at_a_glance() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = paths
        .map(|path| {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 60, "{} has {lines} lines, 60 at most", path.display());
            path.file_stem().unwrap().to_string_lossy().into_owned()
        })
        .collect();
    names.sort();
    assert_eq!(names, NAMES);
}
