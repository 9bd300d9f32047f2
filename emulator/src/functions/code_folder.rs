//! The files of a handler's code folder that it loads: found and read before it runs, so that it reaches no others.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::outline::Outline;
use crate::deployment::Module;

/// Most files of one handler, and most bytes of them all.
const MAX_FILES: usize = 1_000;
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// Most paths that are looked at for them: a source may name files that are not there.
const MAX_TRIED: usize = 20_000;

/// The text of a file, or why it cannot be read.
type FileText = Result<Arc<str>, String>;

/// Reads what a module and the files that it loads name by literals. `read` is given paths of files in the module's folder,
/// and gives `None` where there is none.
pub(crate) fn with_files(mut module: Module, read: impl Fn(&str) -> Result<Option<String>, String>) -> Module {
    let main = normal(&module.path);
    let mut known: BTreeMap<String, Option<FileText>> = BTreeMap::new();
    known.insert(main.clone(), Some(Ok(module.source.as_str().into())));
    let (mut files, mut bytes, mut tried) = (0, module.source.len(), 0);
    let mut look = |path: &str| -> Option<FileText> {
        if let Some(seen) = known.get(path) {
            return seen.clone();
        }
        let text = if !is_within(&module.folder, path) {
            None
        } else if files >= MAX_FILES || bytes >= MAX_BYTES || tried >= MAX_TRIED {
            Some(Err(format!("the handler loads more than {MAX_FILES} files, or more than {} MiB", MAX_BYTES >> 20)))
        } else {
            tried += 1;
            read(path).map(|text| text.map(Arc::<str>::from)).transpose()
        };
        if let Some(Ok(text)) = &text {
            files += 1;
            bytes += text.len();
        }
        known.insert(path.to_owned(), text.clone());
        text
    };
    let mut open = vec![main.clone()];
    let mut done = std::collections::BTreeSet::from([main.clone()]);
    while let Some(path) = open.pop() {
        let Some(Ok(text)) = look(&path) else { continue };
        if is_json(&path) {
            continue;
        }
        let mut names = Outline::of(&text).names;
        names.sort_unstable();
        names.dedup();
        for name in names {
            let Some((target, is_folder)) = target(&module.folder, &path, &name) else { continue };
            if let Some(found) = find(&target, is_folder, &mut look)
                && done.insert(found.clone())
            {
                open.push(found);
            }
        }
    }
    known.remove(&main);
    module.files = known.into_iter().filter_map(|(path, text)| Some((path, text?))).collect();
    module
}

/// The file that `require` means by a path, in the order of Node.js: the file itself, with an ending, or in a folder.
pub(super) fn find(target: &str, is_folder: bool, mut text: impl FnMut(&str) -> Option<FileText>) -> Option<String> {
    let with_endings = |path: &str| [path.to_owned(), format!("{path}.js"), format!("{path}.json")];
    let indices = |path: &str| [below(path, "index.js"), below(path, "index.json")];
    let mut candidates = Vec::new();
    if !is_folder && !target.is_empty() {
        candidates.extend(with_endings(target));
        if let Some(found) = candidates.drain(..).find(|path| text(path).is_some()) {
            return Some(found);
        }
    }
    let main = text(&below(target, "package.json")).and_then(|package| main_of(&package.ok()?));
    if let Some(main) = main {
        let main = normal(&below(target, &main));
        candidates.extend(with_endings(&main));
        candidates.extend(indices(&main));
    }
    candidates.extend(indices(target));
    candidates.into_iter().find(|path| text(path).is_some())
}

/// `main` of a package.
fn main_of(package: &str) -> Option<String> {
    let package: serde_json::Value = serde_json::from_str(package).ok()?;
    package["main"].as_str().map(str::to_owned)
}

/// Where handlers find their code folder, as on Lambda.
pub(super) const TASK_ROOT: &str = "/var/task";

/// The path that a name means in the file `from`, and whether it can only be a folder; `None` for the name of a package.
pub(super) fn target(folder: &str, from: &str, name: &str) -> Option<(String, bool)> {
    let is_folder = name.ends_with('/') || matches!(name.rsplit('/').next(), Some("." | ".."));
    if let Some(rest) = name.strip_prefix(TASK_ROOT).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        return Some((normal(&below(folder, rest.trim_start_matches('/'))), is_folder));
    }
    let is_path = name.starts_with("./") || name.starts_with("../") || name == "." || name == "..";
    is_path.then(|| (normal(&below(parent(from), name)), is_folder))
}

/// Whether a normal path lies in a normal folder.
pub(super) fn is_within(folder: &str, path: &str) -> bool {
    match folder {
        "" => path != ".." && !path.starts_with("../") && !path.starts_with('/'),
        "/" => path.starts_with('/'),
        folder => path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
    }
}

pub(super) fn is_json(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending == "json")
}

/// The folder of a normal path.
pub(crate) fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => "",
    }
}

fn below(folder: &str, path: &str) -> String {
    match folder {
        "" => path.to_owned(),
        folder => format!("{}/{path}", folder.trim_end_matches('/')),
    }
}

/// A path without `.`, and without `..` but at its beginning.
pub(crate) fn normal(path: &str) -> String {
    let path = path.replace('\\', "/");
    let root = if path.starts_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    format!("{root}{}", parts.join("/"))
}
