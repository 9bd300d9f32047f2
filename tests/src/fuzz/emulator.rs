//! What the endpoint reads.

use std::fs;

use stepgate_emulator::faults::FaultPlan;
use stepgate_emulator::fuzzing;

fn one_text(bytes: &[u8], read: impl Fn(&str) -> bool) -> bool {
    std::str::from_utf8(bytes).is_ok_and(read)
}

fn two_texts(bytes: &[u8], read: impl Fn(&str, &str) -> bool) -> bool {
    one_text(bytes, |text| {
        let (first, second) = text.split_once('\0').unwrap_or((text, "{}"));
        read(first, second)
    })
}

fn load_files<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> bool {
    let folder = super::scratch("template");
    let is_written = files.into_iter().all(|(name, text)| {
        let file = folder.join(name);
        file.parent().is_some_and(|folder| fs::create_dir_all(folder).is_ok()) && fs::write(file, text).is_ok()
    });
    let is_understood = is_written && fuzzing::template(&folder.join("template.yaml"));
    let _ = fs::remove_dir_all(&folder);
    is_understood
}

pub(super) fn yaml(bytes: &[u8]) -> bool {
    one_text(bytes, fuzzing::yaml)
}

pub(super) fn json(bytes: &[u8]) -> bool {
    one_text(bytes, fuzzing::json)
}

pub(super) fn template(bytes: &[u8]) -> bool {
    load_files([("template.yaml", bytes)])
}

/// The document of an API in the place of that of `deploy/`.
pub(super) fn openapi(bytes: &[u8]) -> bool {
    load_files(stepgate_deploy::CORRECTED.iter().map(|file| {
        let content = if file.path == "openapi.yaml" { bytes } else { file.text.as_bytes() };
        (file.path, content)
    }))
}

/// A mapping template and, after a zero byte, a body.
pub(super) fn velocity(bytes: &[u8]) -> bool {
    two_texts(bytes, fuzzing::velocity)
}

/// A path and, after a zero byte, what it is read from.
pub(super) fn jsonpath(bytes: &[u8]) -> bool {
    two_texts(bytes, fuzzing::jsonpath)
}

/// An expression and, after a zero byte, its input.
pub(super) fn jsonata(bytes: &[u8]) -> bool {
    two_texts(bytes, fuzzing::jsonata)
}

/// A definition and, after a zero byte, the input of an execution.
pub(super) fn states(bytes: &[u8]) -> bool {
    two_texts(bytes, fuzzing::states)
}

pub(super) fn mocks(bytes: &[u8]) -> bool {
    one_text(bytes, fuzzing::mocks)
}

pub(super) fn faults(bytes: &[u8]) -> bool {
    one_text(bytes, |text| FaultPlan::read(text).is_ok())
}
