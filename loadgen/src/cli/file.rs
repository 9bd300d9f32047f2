//! Files that are read as a whole: scenarios, bodies, certificates, prices, and the tables beside them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Most bytes of a text that is read.
const MOST: u64 = 256 << 20;

/// Opens a file. One that has no end, or none that comes before somebody writes it, is refused: whoever waits for it does not
/// know why. A descriptor that the process was given (`-`, `/dev/stdin`, `/dev/fd/63` of a shell) is as good as a file.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let path = if path == Path::new("-") { Path::new("/dev/stdin") } else { path };
    let kind = fs::metadata(path)?.file_type();
    if is_given(path) || kind.is_file() || kind.is_dir() {
        return File::open(path);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe or a device: copy what it holds into a file"))
}

fn is_given(path: &Path) -> bool {
    let path = path.to_string_lossy();
    path == "-" || ["/dev/stdin", "/dev/fd/", "/proc/self/fd/"].iter().any(|of| path.starts_with(of))
}

/// The text of a file, whose encoding is named if it is another. What comes by a descriptor comes once: it is kept for
/// whoever reads it again, as each run of `ab` does.
pub(super) fn read_text(path: &Path) -> io::Result<String> {
    static KEPT: Mutex<BTreeMap<PathBuf, String>> = Mutex::new(BTreeMap::new());
    if !is_given(path) {
        return read_anew(path);
    }
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(text) = kept.get(path) {
        return Ok(text.clone());
    }
    let text = read_anew(path)?;
    kept.insert(path.to_owned(), text.clone());
    Ok(text)
}

fn read_anew(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = open(path)?.take(MOST + 1).read_to_string(&mut text).map_err(|e| match e.kind() {
        io::ErrorKind::InvalidData => io::Error::new(e.kind(), "it is not UTF-8 (UTF-16, perhaps): save it as UTF-8"),
        _ => e,
    })?;
    if read as u64 > MOST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {} MiB", MOST >> 20)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::tests::Folder;

    #[test]
    fn what_has_no_end_is_refused_before_anybody_waits_for_it() {
        let folder = Folder::new("endless");
        fs::create_dir_all(folder.path()).unwrap();
        let fifo = folder.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        for path in [fifo.as_path(), Path::new("/dev/zero")] {
            let refused = read_text(path).unwrap_err().to_string();
            assert!(refused.contains("a pipe or a device"), "{refused}");
        }
        let file = folder.path().join("file");
        fs::write(&file, "text").unwrap();
        assert_eq!(read_text(&file).unwrap(), "text");
        fs::write(&file, [0xff, 0xfe]).unwrap();
        assert!(read_text(&file).unwrap_err().to_string().contains("UTF-8"));
    }
}
