//! Where a template and the files it names are read from: a folder, or files carried in the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use stepgate_deploy::File;

use super::unfilled;
use crate::document::{LoadError, Node, Notes, Position, json, yaml};

/// The largest file that is read, in bytes (AWS: templates 1 MB, OpenAPI documents 6 MB).
const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;

/// A template with the files that it names: beside it, below it, or by a relative path above it, which is noted.
#[derive(Debug, Clone)]
pub struct Source {
    template: String,
    files: Files,
    read: ReadFiles,
}

/// The files that were read so far, for a template and all that are nested in it.
type ReadFiles = Arc<Mutex<BTreeSet<PathBuf>>>;

#[derive(Debug, Clone)]
enum Files {
    Folder(PathBuf),
    Carried { name: String, files: &'static [File] },
}

impl Source {
    /// A template file on disk.
    #[must_use]
    pub fn file(template: &Path) -> Self {
        let folder = template.parent().map(Path::to_path_buf).unwrap_or_default();
        let template = template.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { template, files: Files::Folder(folder), read: Arc::default() }
    }

    /// A deployment carried in the program, whose template is `template.yaml`; `name` is what messages call its folder.
    #[must_use]
    pub fn carried(name: &str, files: &'static [File]) -> Self {
        let carried = Files::Carried { name: name.to_owned(), files };
        Self { template: "template.yaml".to_owned(), files: carried, read: Arc::default() }
    }

    /// The line of a file that a place names, for showing it beside a message.
    #[must_use]
    pub(crate) fn line(&self, position: &Position) -> Option<String> {
        let path = match &self.files {
            Files::Folder(folder) => Path::new(&*position.file).strip_prefix(folder).ok()?.to_str()?.to_owned(),
            Files::Carried { name, .. } => position.file.strip_prefix(&format!("{name}/"))?.to_owned(),
        };
        let text = self.read(&path).ok()??;
        text.lines().nth(position.line as usize - 1).map(str::to_owned)
    }

    /// Every file that was read from a disk so far, for the template and for all that are nested in it.
    pub(crate) fn files_read(&self) -> Vec<PathBuf> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// A template that this one names at a normalised path; `None` for a deployment carried in the program.
    pub(super) fn nested(&self, path: &str) -> Option<Self> {
        let Files::Folder(folder) = &self.files else { return None };
        Some(Self { read: Arc::clone(&self.read), ..Self::file(&folder.join(path)) })
    }

    /// Whether its template lies in the folder of another one's.
    pub(super) fn lies_beside(&self, other: &Self) -> bool {
        match (&self.files, &other.files) {
            (Files::Folder(folder), Files::Folder(other)) => folder == other,
            _ => false,
        }
    }

    /// The template's file, told apart from others however its path is written.
    pub(super) fn file_of_template(&self) -> PathBuf {
        let path = PathBuf::from(self.display_template());
        path.canonicalize().unwrap_or(path)
    }

    /// What messages call the template.
    pub(super) fn display_template(&self) -> String {
        self.display(&self.template)
    }

    /// The manifest of assets that `cdk synth` writes beside a template, if it can be read.
    pub(super) fn manifest(&self) -> Option<Node> {
        let path = format!("{}.assets.json", self.template.strip_suffix(".template.json")?);
        self.document(&path, None, &Notes::default()).ok()
    }

    /// The name of the template without its endings, as a state machine may be called.
    pub(super) fn stem(&self) -> String {
        let name = self.template.split('.').next().unwrap_or_default();
        let legal = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
        name.chars().map(legal).collect()
    }

    /// Reads the template itself, in which YAML has short tags.
    pub(super) fn template(&self, notes: &Notes) -> Result<Node, LoadError> {
        let text = self.read(&self.template)?.ok_or_else(|| self.missing(&self.template, None))?;
        let display = self.display(&self.template);
        if is_json(&self.template) {
            // A state machine alone may have places that its template would fill with numbers.
            return json::parse(&display, &text).or_else(|error| {
                let quoted = unfilled::quoted(&text).ok_or(error.clone())?;
                let node = json::parse(&display, &quoted).map_err(|_| error.clone())?;
                if node.get("StartAt").is_some() { Ok(node) } else { Err(error) }
            });
        }
        last_ones(yaml::parse_loosely(&display, &text)?, notes)
    }

    /// What messages call the file at `path` below the folder.
    pub(super) fn display(&self, path: &str) -> String {
        match &self.files {
            Files::Folder(folder) => folder.join(path).to_string_lossy().into_owned(),
            Files::Carried { name, .. } => format!("{name}/{path}"),
        }
    }

    /// Normalises a relative path that the template names, such as `./handlers/`. One that leads out of the folder is
    /// noted; `None` for absolute paths and URLs, and for what leads out of a deployment carried in the program.
    pub(super) fn named(&self, path: &str, at: &Position, notes: &Notes) -> Result<Option<String>, LoadError> {
        let Some(normal) = relative(path) else { return Ok(None) };
        if leads_out(&normal) {
            if matches!(self.files, Files::Carried { .. }) {
                return Ok(None);
            }
            let refusal = LoadError::at(at, format!("`{path}` lies outside the template's folder"));
            notes.pass_over("path out of the template's folder; followed", refusal)?;
        }
        Ok(Some(normal))
    }

    /// The text of the file at `path`, a path already normalised by [`Self::named`]; `None` when there is none.
    pub(super) fn read(&self, path: &str) -> Result<Option<String>, LoadError> {
        let fail = |what: &str| Err(LoadError::nowhere(format!("{}: {what}", self.display(path))));
        let folder = match &self.files {
            Files::Carried { files, .. } => {
                return Ok(files.iter().find(|file| file.path == path).map(|file| file.text.to_owned()));
            }
            Files::Folder(folder) if folder.as_os_str().is_empty() => Path::new("."),
            Files::Folder(folder) => folder,
        };
        let file = folder.join(path);
        if !file.is_file() {
            return Ok(None);
        }
        // A link may lead out of the folder although its path does not say so.
        match (folder.canonicalize(), file.canonicalize()) {
            (Ok(folder), Ok(file)) if leads_out(path) || file.starts_with(&folder) => {}
            _ => return fail("leads out of the template's folder"),
        }
        self.text_of(&file).map(Some).or_else(|why| fail(&why))
    }

    /// The text of a file in `folder`, both normalised; `None` when there is none.
    ///
    /// # Errors
    /// Why it cannot be read, as when a link leads out of the folder.
    pub(crate) fn read_in(&self, folder: &str, path: &str) -> Result<Option<String>, String> {
        let base = match &self.files {
            Files::Carried { .. } => return self.read(path).map_err(|error| error.message),
            Files::Folder(base) if base.as_os_str().is_empty() => Path::new("."),
            Files::Folder(base) => base,
        };
        let file = base.join(path);
        if !file.is_file() {
            return Ok(None);
        }
        match (base.join(folder).canonicalize(), file.canonicalize()) {
            (Ok(folder), Ok(file)) if file.starts_with(&folder) => self.text_of(&file).map(Some),
            _ => Err("it is a link that leads out of the code folder".to_owned()),
        }
    }

    /// The text of a file, or why it cannot be read.
    fn text_of(&self, file: &Path) -> Result<String, String> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(file.to_owned());
        match fs::metadata(file) {
            Ok(metadata) if metadata.len() > MAX_FILE_BYTES as u64 => return Err("larger than 8 MiB".to_owned()),
            _ => {}
        }
        match fs::read(file).map(String::from_utf8) {
            // Windows' tools write a mark before the text.
            Ok(Ok(text)) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
            Ok(Err(_)) => Err("not UTF-8 text".to_owned()),
            Err(error) => Err(format!("cannot be read: {error}")),
        }
    }

    /// Reads a document that `at` names, as JSON or YAML by its ending.
    pub(super) fn document(&self, path: &str, at: Option<&Position>, notes: &Notes) -> Result<Node, LoadError> {
        let text = self.read(path)?.ok_or_else(|| self.missing(path, at))?;
        parse(path, &self.display(path), &text, notes)
    }

    /// Reads a document at a path that the template names.
    pub(super) fn named_document(&self, named: &str, at: &Position, notes: &Notes) -> Result<Node, LoadError> {
        let Some(path) = self.named(named, at, notes)? else {
            return Err(not_relative(named, at));
        };
        self.document(&path, Some(at), notes)
    }

    /// The path of the one file that is spelled like `path` but for capital letters: what was written on a system that
    /// does not tell them apart.
    pub(super) fn in_other_case(&self, path: &str) -> Option<String> {
        let Files::Folder(folder) = &self.files else { return None };
        let mut found = String::new();
        for part in path.split('/') {
            if part == ".." {
                found.push_str("../");
                continue;
            }
            let names =
                fs::read_dir(folder.join(&found)).or_else(|_| fs::read_dir(Path::new(".").join(&found))).ok()?;
            let names = names.flatten().filter_map(|entry| entry.file_name().into_string().ok());
            let mut alike = names.filter(|name| name.eq_ignore_ascii_case(part));
            let (name, None) = (alike.next()?, alike.next()) else { return None };
            if !found.is_empty() && !found.ends_with('/') {
                found.push('/');
            }
            found.push_str(&name);
        }
        Some(found)
    }

    /// The error for a file that is not there.
    pub(super) fn missing(&self, path: &str, at: Option<&Position>) -> LoadError {
        let shown = self.display(path);
        let is_folder = matches!(&self.files, Files::Folder(folder) if folder.join(path).is_dir());
        let message =
            if is_folder { format!("{shown} is a folder: name a file in it") } else { format!("no file {shown}") };
        at.map_or_else(|| LoadError::nowhere(&message), |at| LoadError::at(at, &message))
    }
}

/// Reads a document that a template names as JSON or YAML, by the ending of its path.
pub(super) fn parse(path: &str, display: &str, text: &str, notes: &Notes) -> Result<Node, LoadError> {
    if is_json(path) { json::parse(display, text) } else { last_ones(yaml::parse_part(display, text)?, notes) }
}

/// What was read; keys that stand twice are noted.
fn last_ones((node, twice): (Node, Vec<LoadError>), notes: &Notes) -> Result<Node, LoadError> {
    for error in twice {
        notes.pass_over("key that stands twice in a map; the last one counts", error)?;
    }
    Ok(node)
}

fn is_json(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

/// The error of a file that must be named by a path from the template's folder.
pub(super) fn not_relative(named: &str, at: &Position) -> LoadError {
    LoadError::at(at, format!("`{named}` is not a path relative to the template's folder"))
}

/// Normalises a relative path; `None` for absolute ones and URLs. Paths of Windows are read as well.
fn relative(path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    if path.starts_with(['/', '~']) || path.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a normalised path leads out of the folder.
fn leads_out(path: &str) -> bool {
    path == ".." || path.starts_with("../")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_and_say_whether_they_lead_out() {
        for (path, normal) in [
            ("./swagger.yaml", Some("swagger.yaml")),
            ("handlers/", Some("handlers")),
            ("a/../b", Some("b")),
            (".", Some("")),
            ("../dist", Some("../dist")),
            ("a/../../../b/./c", Some("../../b/c")),
            ("..\\..\\statemachine\\x.asl.json", Some("../../statemachine/x.asl.json")),
            ("/etc/passwd", None),
            ("~/x", None),
            ("s3://bucket/key", None),
            ("C:\\x", None),
        ] {
            assert_eq!(relative(path).as_deref(), normal, "{path}");
            assert_eq!(
                normal.is_some_and(leads_out),
                path.contains("dist") || normal.is_some_and(|it| it.contains("../.."))
            );
        }
    }

    #[test]
    fn the_carried_deployment_has_its_execute_route() {
        use crate::template::{LoadOptions, load};

        let source = Source::carried("deploy", stepgate_deploy::CORRECTED);
        let deployment = load(&source, &LoadOptions::default()).unwrap();
        assert!(deployment.api.start_path().is_some_and(|path| path == "/prod/execute"));
    }
}
