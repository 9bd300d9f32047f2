//! libFuzzer on one of `contract_tests::fuzz::TARGETS`, named by `STEPGATE_FUZZ_TARGET`.
#![no_main]

use std::sync::LazyLock;

use contract_tests::fuzz::Target;
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("STEPGATE_FUZZ_TARGET").unwrap_or_default();
    Target::named(&name).expect("STEPGATE_FUZZ_TARGET names a target: see contract_tests::fuzz::TARGETS")
});

fuzz_target!(|bytes: &[u8]| {
    (TARGET.run)(bytes);
});
