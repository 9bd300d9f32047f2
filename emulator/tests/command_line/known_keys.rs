//! Every key that the loader knows, place by place: the templates and state machines below `tests/referees/known-keys`
//! have every kind of place, and the message for an unknown key lists the keys that are known there.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stepgate_emulator::template::{LoadOptions, Source};
use stepgate_emulator::{Emulator, LoadError};

use crate::Result;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/referees/known-keys");
/// A key that nothing has.
const UNKNOWN: &str = "Zzz";

/// Maps of the user's own, by their own key or the one that they stand below: any key may stand in them.
const FREE: [&str; 32] = [
    "Arguments",
    "Assign",
    "AssumeRolePolicyDocument",
    "BatchInput",
    "Conditions",
    "Credentials",
    "DefinitionSubstitutions",
    "ItemSelector",
    "Mappings",
    "Metadata",
    "Models",
    "Output",
    "Parameters",
    "Result",
    "ResultSelector",
    "RoutingConfiguration",
    "StageVariables",
    "Tags",
    "Tracing",
    "Variables",
    // Of OpenAPI documents: what changes no answer, and names.
    "components",
    "content",
    "headers",
    "info",
    "responses",
    "schema",
    "schemas",
    // Of AWS::ApiGateway::Method: names.
    "ResponseParameters",
    // Templates by content type.
    "RequestTemplates",
    "ResponseTemplates",
    "requestTemplates",
    "responseTemplates",
];

/// The pointers of all maps of a document.
fn maps(node: &Value, pointer: &str, found: &mut Vec<String>) {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match node {
        Value::Object(map) => {
            found.push(pointer.to_owned());
            map.iter().for_each(|(key, value)| maps(value, &format!("{pointer}/{}", escaped(key)), found));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| maps(value, &format!("{pointer}/{index}"), found));
        }
        _ => {}
    }
}

/// A folder of its own for the documents that are loaded.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("stepgate-known-keys-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        // A template may name another one as a nested stack.
        std::fs::copy(Path::new(FOLDER).join("child.json"), path.join("child.json"))?;
        Ok(Self(path))
    }

    /// The error of a strict load with a key set; and the line that the key stands in.
    fn load(&self, name: &str, document: &Value, pointer: &str, key: &str) -> Result<(Option<LoadError>, u32)> {
        let mut document = document.clone();
        document.pointer_mut(pointer).ok_or("a map")?[key] = json!("of the test");
        let text = serde_json::to_string_pretty(&document)?;
        let line = text.lines().position(|line| {
            line.trim() == format!("\"{key}\": \"of the test\"")
                || line.trim() == format!("\"{key}\": \"of the test\",")
        });
        let path = self.0.join(format!("walked-{name}"));
        std::fs::write(&path, text)?;
        let options = LoadOptions { strict: true, ..LoadOptions::default() };
        let built = Emulator::builder().source(Source::file(&path)).load_options(options).build();
        Ok((built.err(), u32::try_from(line.ok_or("the key's line")?)? + 1))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn every_known_key_is_accepted_and_an_unknown_one_is_named_with_its_place() -> Result {
    let folder = Folder::new()?;
    let (mut wrong, mut walked, mut seen) = (Vec::new(), 0, HashSet::new());
    for entry in std::fs::read_dir(Path::new(FOLDER))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a name")?;
        let document: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        let options = LoadOptions { strict: true, ..LoadOptions::default() };
        Emulator::builder().source(Source::file(&path)).load_options(options).build()?;
        let mut pointers = Vec::new();
        maps(&document, "", &mut pointers);
        for pointer in pointers {
            let map = document.pointer(&pointer).and_then(Value::as_object).ok_or("a map")?;
            // An intrinsic function stands alone in its map.
            if map.keys().any(|key| key == "Ref" || key.starts_with("Fn::")) {
                continue;
            }
            let is_free = pointer.split('/').any(|part| FREE.contains(&part));
            let (error, line) = folder.load(name, &document, &pointer, UNKNOWN)?;
            let Some(error) = error else {
                if !is_free {
                    wrong.push(format!("{name}{pointer} takes `{UNKNOWN}` in silence"));
                }
                continue;
            };
            let place = error.position.as_ref().map(|position| position.line);
            if place != Some(line) {
                wrong.push(format!("{name}{pointer}, line {line}: {error}"));
            }
            let unsupported = format!("unsupported key `{UNKNOWN}`");
            let Some((_, known)) = error.message.split_once("; supported here: ") else { continue };
            // Places that know the same keys are of one kind.
            if !error.message.starts_with(&unsupported) || !seen.insert(known.to_owned()) {
                continue;
            }
            for key in known.split(", ").filter(|key| !map.contains_key(*key) && !key.contains(' ')) {
                walked += 1;
                let (error, _) = folder.load(name, &document, &pointer, key)?;
                if let Some(error) = error
                    && error.message.contains(&format!("unsupported key `{key}`"))
                {
                    wrong.push(format!("{name}{pointer} knows `{key}` and refuses it: {error}"));
                }
            }
        }
    }
    assert!(walked > 200, "{walked} keys were walked");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
