//! The public API as a listing, so that a change of it is seen and meant. `SNAPSHOTS=overwrite` renews the listing.

mod listing;

use contract_tests::source::Source;
use snapbox::Assert;
use snapbox::data::Data;
use std::path::Path;

#[test]
fn the_public_api_is_the_one_that_was_agreed_on() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = Source::read(&here.join("../client/src"));
    let snapshot = Data::read_from(&here.join("tests/client/public_api/stepgate.rs.txt"), None);
    Assert::new().action_env("SNAPSHOTS").eq(listing::of(&source), snapshot);
}
