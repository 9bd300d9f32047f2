//! The name that somebody may have meant.

/// How alike two names are at least of which one may be meant by the other; 1 is the same.
const ALIKE: f64 = 0.8;

/// Longer names are like none: how alike two are takes as long as the product of their lengths.
const LONGEST: usize = 200;

/// The known name that is most like a misspelt one, if any is like it.
pub(crate) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_lowercase();
    let alike = known.into_iter().map(|known| (strsim::jaro_winkler(&name, &known.to_lowercase()), known));
    alike.filter(|(likeness, _)| *likeness >= ALIKE).max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|it| it.1)
}

/// `; did you mean `NAME`?`, or nothing if no known name is like the misspelt one.
pub(crate) fn did_you_mean<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(name, known).map(|known| format!("; did you mean `{known}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_told_if_one_is_near() {
        let known = ["sns:publish", "sqs:sendMessage", "Echo"];
        assert_eq!(nearest("sns:publsh", known), Some("sns:publish"));
        assert_eq!(nearest("echo", known), Some("Echo"));
        assert_eq!(nearest("batch", known), None);
        assert_eq!(did_you_mean("ecko", known), "; did you mean `Echo`?");
        assert_eq!(did_you_mean("x", []), "");
        assert_eq!(nearest(&"Echo".repeat(100), ["echo".repeat(100).as_str()]), None);
    }
}
