//! Which version of a function is called.

pub(super) const LATEST: &str = "$LATEST";
/// What an alias stands for: the version that a first deployment makes.
const FIRST: &str = "1";

/// A function's name with what stands behind it, in an ARN, a partial one or a name.
pub(crate) fn local_part(reference: &str) -> &str {
    reference.split_once(":function:").map_or(reference, |(_, name)| name)
}

/// The alias or the version that a call names, if it names one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Qualifier(Option<Box<str>>);

impl Qualifier {
    /// What stands behind the name in an ARN, a partial one or a name: `f:live`.
    pub(crate) fn of(reference: &str) -> Self {
        Self::named(local_part(reference).split_once(':').map(|(_, qualifier)| qualifier))
    }

    /// This one, or the other where this names none.
    pub(crate) fn or(self, other: Self) -> Self {
        if self.0.is_some() { self } else { other }
    }

    /// A parameter of a call.
    pub(crate) fn named(qualifier: Option<&str>) -> Self {
        Self(qualifier.map(Box::from))
    }

    /// The version that runs.
    pub(crate) fn version(&self) -> &str {
        match self.0.as_deref() {
            None => LATEST,
            Some(version) if version == LATEST || version.bytes().all(|byte| byte.is_ascii_digit()) => version,
            Some(_) => FIRST,
        }
    }

    /// A function's ARN as it was called.
    pub(super) fn behind(&self, arn: &str) -> String {
        self.0.as_ref().map_or_else(|| arn.to_owned(), |qualifier| format!("{arn}:{qualifier}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_stands_for_the_first_version_and_stays_in_the_arn() {
        for (reference, version, arn) in [
            ("f", "$LATEST", "a:function:f"),
            ("arn:aws:lambda:eu-west-1:123456789012:function:f", "$LATEST", "a:function:f"),
            ("f:$LATEST", "$LATEST", "a:function:f:$LATEST"),
            ("arn:aws:lambda:eu-west-1:123456789012:function:f:7", "7", "a:function:f:7"),
            ("123456789012:function:f:live", "1", "a:function:f:live"),
        ] {
            let qualifier = Qualifier::of(reference);
            assert_eq!((qualifier.version(), qualifier.behind("a:function:f").as_str()), (version, arn), "{reference}");
        }
        let named = Qualifier::named(Some("live"));
        assert_eq!(named.clone().or(Qualifier::of("f:2")), named);
        assert_eq!(Qualifier::named(None).or(Qualifier::of("f:2")).version(), "2");
    }
}
