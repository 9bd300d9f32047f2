//! Assets: the files that `cdk synth` writes below its folder, and that a deployment would put into S3.
//!
//! A resource says in its `Metadata` which file it is of (`aws:asset:path`); where that was turned off, the manifest
//! beside the template (`STACK.assets.json`) says it by the key in S3.

use super::resource::Resource;
use super::source::Source;
use crate::document::{Entry, Node, scalar};

/// The keys in S3 of a manifest's files, each with the file's path.
#[derive(Default)]
pub(super) struct Assets(Vec<(String, String)>);

impl Assets {
    /// Those of the manifest beside a template. None if there is no manifest, or one that cannot be read: nothing needs it.
    pub(super) fn beside(source: &Source) -> Self {
        let files = source.manifest().and_then(|manifest| manifest.get("files").cloned());
        let files = files.as_ref().and_then(Node::as_map).unwrap_or_default();
        let keys = |file: &Entry| {
            let path = file.value.get("source").and_then(|source| source.get("path")?.as_str()).map(str::to_owned);
            let destinations = file.value.get("destinations").and_then(Node::as_map).unwrap_or_default();
            let keys: Vec<_> = destinations.iter().filter_map(|it| it.value.get("objectKey")?.as_str()).collect();
            let keys: Vec<_> = keys.into_iter().map(str::to_owned).collect();
            path.map(|path| keys.into_iter().map(move |key| (key, path.clone())))
        };
        Self(files.iter().filter_map(keys).flatten().collect())
    }

    /// The file that lies at a key or URL in S3.
    fn at(&self, location: &str) -> Option<&str> {
        let is_at = |key: &str| location == key || location.strip_suffix(key).is_some_and(|rest| rest.ends_with('/'));
        self.0.iter().find(|(key, _)| is_at(key)).map(|(_, path)| path.as_str())
    }

    /// The path, from the template's folder, of the file or folder that property `key` of a resource stands for. `value` is the
    /// property: a URL, or a map with the key in S3.
    pub(super) fn of(&self, resource: &Resource, key: &str, value: Option<&Node>) -> Option<Node> {
        let told = |name: &str| resource.metadata.as_ref().and_then(|metadata| metadata.get(name));
        let is_of = |property: &Node| property.as_str().is_some_and(|name| name.split('.').next() == Some(key));
        if let Some(path) = told("aws:asset:path")
            && told("aws:asset:property").is_none_or(is_of)
        {
            return Some(path.clone());
        }
        let value = value?;
        let location = value.get("S3Key").or_else(|| value.get("Key")).unwrap_or(value);
        let path = self.at(&scalar::text(location, key).ok()?)?;
        Some(Node::text(&value.position, path))
    }
}
