use stepgate_loadgen::contract::{Variant, ask, cases};
use url::Url;

use super::{as_posted, corrected, http};

/// Asks every case and lists what differs.
fn findings(url: &str, variant: Variant) -> Vec<String> {
    let url = Url::parse(url).unwrap();
    let cases = cases().unwrap();
    cases
        .iter()
        .flat_map(|case| {
            let uuid = uuid::Uuid::new_v4().to_string();
            let finding = ask(case, variant, &url, &uuid, &mut http());
            finding.differences.into_iter().map(|difference| format!("{}: {difference}", case.name))
        })
        .collect()
}

#[test]
fn the_corrected_deployment_answers_its_column_of_the_table() {
    let endpoint = corrected();
    assert_eq!(findings(endpoint.url(), Variant::Corrected), Vec::<String>::new());
}

#[test]
fn the_deployment_as_posted_answers_its_column_of_the_table() {
    let endpoint = as_posted();
    assert_eq!(findings(endpoint.url(), Variant::AsPosted), Vec::<String>::new());
}

#[test]
fn the_deployment_as_posted_has_the_defects_that_the_corrected_one_mends() {
    let endpoint = as_posted();
    let mended = findings(endpoint.url(), Variant::Corrected);
    for defect in ["a_single_quote_in_the_payload", "a_failed_creation_is", "another_content_type", "an_unknown_path"] {
        assert!(mended.iter().any(|finding| finding.starts_with(defect)), "{defect} is not found in {mended:#?}");
    }
}
