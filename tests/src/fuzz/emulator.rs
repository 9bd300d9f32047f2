//! What the endpoint reads.

use std::fs;

use stepgate_emulator::faults::FaultPlan;
use stepgate_emulator::fuzzing;

/// Loads whatever `openapi.yaml` beside it says.
const TEMPLATE: &str = "Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      DefinitionBody:
        Fn::Transform: {Name: AWS::Include, Parameters: {Location: openapi.yaml}}
";

fn one_text(bytes: &[u8], read: impl Fn(&str)) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        read(text);
    }
}

fn two_texts(bytes: &[u8], read: impl Fn(&str, &str)) {
    one_text(bytes, |text| {
        let (first, second) = text.split_once('\0').unwrap_or((text, "{}"));
        read(first, second);
    });
}

fn load_files(files: &[(&str, &[u8])]) {
    let folder = super::scratch("template");
    let _ = fs::create_dir_all(&folder);
    if files.iter().all(|(name, text)| fs::write(folder.join(name), text).is_ok()) {
        fuzzing::template(&folder.join("template.yaml"));
    }
    let _ = fs::remove_dir_all(&folder);
}

pub(super) fn yaml(bytes: &[u8]) {
    one_text(bytes, fuzzing::yaml);
}

pub(super) fn json(bytes: &[u8]) {
    one_text(bytes, fuzzing::json);
}

pub(super) fn template(bytes: &[u8]) {
    load_files(&[("template.yaml", bytes)]);
}

pub(super) fn openapi(bytes: &[u8]) {
    load_files(&[("template.yaml", TEMPLATE.as_bytes()), ("openapi.yaml", bytes)]);
}

/// A mapping template and, after a zero byte, a body.
pub(super) fn velocity(bytes: &[u8]) {
    two_texts(bytes, fuzzing::velocity);
}

/// A path and, after a zero byte, what it is read from.
pub(super) fn jsonpath(bytes: &[u8]) {
    two_texts(bytes, fuzzing::jsonpath);
}

/// An expression and, after a zero byte, its input.
pub(super) fn jsonata(bytes: &[u8]) {
    two_texts(bytes, fuzzing::jsonata);
}

/// A definition and, after a zero byte, the input of an execution.
pub(super) fn states(bytes: &[u8]) {
    two_texts(bytes, fuzzing::states);
}

pub(super) fn mocks(bytes: &[u8]) {
    one_text(bytes, fuzzing::mocks);
}

pub(super) fn faults(bytes: &[u8]) {
    one_text(bytes, |text| drop(FaultPlan::read(text)));
}
