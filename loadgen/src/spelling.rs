//! What somebody may have meant by a word that is not known.

/// The known word that is most like `word`, if one is alike at all.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let similarity = |k: &str| strsim::jaro_winkler(&word.to_lowercase(), k);
    known.iter().copied().filter(|k| similarity(k) > 0.75).max_by(|a, b| similarity(a).total_cmp(&similarity(b)))
}
