//! The examples, each run to its end, so that none says what is not so. Their `main` is `pub(crate)` for this only.

use std::fs;
use std::path::Path;

/// A test of each example, and the list of them all.
macro_rules! examples {
    ($($name:ident in $path:literal),+ $(,)?) => {
        const PATHS: &[&str] = &[$($path),+];
        $(
            #[path = $path]
            mod $name;

            #[test]
            fn $name() {
                $name::main().unwrap();
            }
        )+
    };
}

examples! {
    blocking in "../examples/blocking.rs",
    contract_test in "../examples/contract_test.rs",
    executions in "../examples/executions.rs",
    idempotent_retry in "../examples/idempotent_retry.rs",
    preflight in "../examples/preflight.rs",
    quickstart in "../examples/quickstart.rs",
    scripted_tests in "../examples/scripted_tests.rs",
    signed in "../examples/signed.rs",
    synchronous in "../examples/synchronous.rs",
}

#[test]
fn every_example_is_run_and_can_be_read_at_a_glance() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in &paths {
        let lines = fs::read_to_string(path).unwrap().lines().count();
        assert!(lines <= 60, "{} has {lines} lines, 60 at most", path.display());
    }
    let names: Vec<_> = paths.iter().map(|path| path.file_name().unwrap()).collect();
    let run: Vec<_> = PATHS.iter().map(|path| Path::new(path).file_name().unwrap()).collect();
    assert_eq!(names, run);
}
