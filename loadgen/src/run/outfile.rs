//! A file beside the run directory that the command line names.

use std::fs::{self, File, Metadata};
use std::io::{self, Seek, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A file that is open for writing and still holds what it held before. One that was made for it goes again if nothing is
/// written.
#[derive(Debug)]
pub(super) struct Outfile {
    path: PathBuf,
    file: Option<File>,
    made: bool,
}

impl Outfile {
    /// Opens a file. Whatever is there may be a pipe: it is opened and not replaced.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let (file, made) = match File::options().write(true).create_new(true).open(path) {
            Ok(file) => (file, true),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                (File::options().write(true).create(true).truncate(false).open(path)?, false)
            }
            Err(e) => return Err(e),
        };
        Ok(Self { path: path.into(), file: Some(file), made })
    }

    /// Whether both are one file, however they are named; pipes and devices take from many.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let regular = |file: &Self| file.file.as_ref()?.metadata().ok().filter(Metadata::is_file);
        let (Some(a), Some(b)) = (regular(self), regular(other)) else { return false };
        (a.dev(), a.ino()) == (b.dev(), b.ino())
    }

    /// Empties it, for what is written from now on.
    pub(super) fn begin(mut self) -> io::Result<File> {
        let file = self.file.take().expect("a file begins once");
        // Only a regular file has an end that can be moved.
        if file.metadata()?.is_file() {
            file.set_len(0)?;
        }
        Ok(file)
    }

    /// Lets it hold `content` and nothing else. What went into a pipe or a device stays there.
    pub(super) fn replace(&mut self, content: &[u8]) -> io::Result<()> {
        self.made = false;
        let rewritable = self.is_rewritable();
        let file = self.file.as_mut().expect("a file that has begun is not replaced");
        if rewritable {
            file.set_len(0)?;
            file.rewind()?;
        }
        file.write_all(content)
    }

    /// Whether what was written can be taken back.
    pub(super) fn is_rewritable(&self) -> bool {
        self.file.as_ref().and_then(|file| file.metadata().ok()).is_some_and(|file| file.is_file())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Outfile {
    fn drop(&mut self) {
        if self.made && self.file.is_some() {
            // What stays is an empty file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::tests::Folder;

    #[test]
    fn a_file_stays_as_it_was_until_the_run_begins() {
        let folder = Folder::new("outfile");
        fs::create_dir_all(folder.path()).unwrap();
        let [old, new] = ["old.xml", "new.xml"].map(|name| folder.path().join(name));
        fs::write(&old, "from the run before").unwrap();
        drop((Outfile::open(&old).unwrap(), Outfile::open(&new).unwrap()));
        assert_eq!(fs::read_to_string(&old).unwrap(), "from the run before");
        assert!(!new.exists());
        Outfile::open(&old).unwrap().begin().unwrap().write_all(b"now").unwrap();
        assert_eq!(fs::read_to_string(&old).unwrap(), "now");
        let mut replaced = Outfile::open(&new).unwrap();
        replaced.replace(b"a long first version").unwrap();
        replaced.replace(b"second").unwrap();
        drop(replaced);
        assert_eq!(fs::read_to_string(&new).unwrap(), "second");
        assert!(Outfile::open(&folder.path().join("no/such/folder.xml")).is_err());
    }
}
