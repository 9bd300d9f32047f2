//! Lists that an endpoint of ours tells page by page.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::mistake::Mistake;

/// What stands under a path, and the path of the page that follows it, if there is one.
pub(super) type Told = (Vec<u8>, Option<String>);

/// A list, page by page; `told` brings what stands under a path.
pub(super) struct Pages<F, T> {
    told: F,
    next: Option<String>,
    rows: PhantomData<T>,
}

impl<F: Fn(&str) -> Result<Told, Mistake>, T> Pages<F, T> {
    /// The list under a path.
    pub(super) fn of(told: F, path: &str) -> Self {
        Self { told, next: Some(path.to_owned()), rows: PhantomData }
    }
}

impl<F: Fn(&str) -> Result<Told, Mistake>, T: DeserializeOwned> Iterator for Pages<F, T> {
    type Item = Result<Vec<T>, Mistake>;

    fn next(&mut self) -> Option<Self::Item> {
        let path = self.next.take()?;
        Some((self.told)(&path).and_then(|(body, next)| {
            self.next = next;
            understood(&body, &path)
        }))
    }
}

/// What stands under a path, read.
pub(super) fn understood<T: DeserializeOwned>(body: &[u8], path: &str) -> Result<T, Mistake> {
    serde_json::from_slice(body).map_err(|e| Mistake::other(format!("{path} cannot be understood: {e}")))
}
