//! Texts by their number, kept in whatever order they come: in memory, or in a file that nobody else sees.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

/// Which of the files that `ResultWriter` writes a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResultFile {
    Failed,
    Pending,
    Succeeded,
}

/// The texts.
#[derive(Debug)]
pub(super) struct Texts {
    body: Storage,
    bytes: u64,
    places: Vec<Option<Place>>,
}

#[derive(Debug)]
enum Storage {
    Memory(Vec<u8>),
    File(File),
}

#[derive(Debug, Clone, Copy)]
struct Place {
    from: u64,
    length: usize,
    file: ResultFile,
}

impl Texts {
    /// None yet, to be kept in memory.
    pub(super) fn in_memory() -> Self {
        Self { body: Storage::Memory(Vec::new()), bytes: 0, places: Vec::new() }
    }

    /// None yet, to be kept in an empty file.
    pub(super) fn in_file(file: File) -> Self {
        Self { body: Storage::File(file), bytes: 0, places: Vec::new() }
    }

    /// How many bytes there are.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Keeps a text.
    pub(super) fn add(&mut self, number: usize, file: ResultFile, text: &str) -> io::Result<()> {
        match &mut self.body {
            Storage::Memory(all) => all.extend_from_slice(text.as_bytes()),
            Storage::File(all) => {
                all.seek(SeekFrom::Start(self.bytes))?;
                all.write_all(text.as_bytes())?;
            }
        }
        if self.places.len() <= number {
            self.places.resize(number + 1, None);
        }
        self.places[number] = Some(Place { from: self.bytes, length: text.len(), file });
        self.bytes += text.len() as u64;
        Ok(())
    }

    /// Whether there is one for that file.
    pub(super) fn has(&self, file: ResultFile) -> bool {
        self.places.iter().flatten().any(|place| place.length > 0 && place.file == file)
    }

    /// Shows the texts that belong to one of these files, in the order of their numbers; those that are empty are passed
    /// over. Whether there was one.
    pub(super) fn each(&self, files: &[ResultFile], mut show: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<bool> {
        let mut read = Vec::new();
        let mut some = false;
        for place in self.places.iter().flatten() {
            if place.length == 0 || !files.contains(&place.file) {
                continue;
            }
            some = true;
            match &self.body {
                Storage::Memory(all) => {
                    let from = usize::try_from(place.from).expect("what is in memory is counted by `usize`");
                    show(&all[from..from + place.length])?;
                }
                Storage::File(all) => {
                    let mut all = all;
                    read.resize(place.length, 0);
                    all.seek(SeekFrom::Start(place.from))?;
                    all.read_exact(&mut read)?;
                    show(&read)?;
                }
            }
        }
        Ok(some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_shown_in_the_order_of_their_numbers_wherever_they_are_kept() {
        let path = std::env::temp_dir().join(format!("stepgate-texts-{}", std::process::id()));
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        for mut texts in [Texts::in_memory(), Texts::in_file(file)] {
            let rows = [(2, ResultFile::Succeeded, "c"), (0, ResultFile::Failed, "aa"), (5, ResultFile::Succeeded, "")];
            for (number, file, text) in rows {
                texts.add(number, file, text).unwrap();
            }
            let shown = |texts: &Texts, files: &[ResultFile]| {
                let mut shown = Vec::new();
                let some = texts.each(files, |text| {
                    shown.push(String::from_utf8(text.to_vec()).unwrap());
                    Ok(())
                });
                (some.unwrap(), shown)
            };
            assert_eq!(shown(&texts, &[ResultFile::Succeeded, ResultFile::Failed]).1, ["aa", "c"]);
            texts.add(1, ResultFile::Succeeded, "b").unwrap();
            assert_eq!(shown(&texts, &[ResultFile::Succeeded]), (true, vec!["b".to_owned(), "c".to_owned()]));
            assert_eq!((shown(&texts, &[ResultFile::Pending]).0, texts.has(ResultFile::Pending)), (false, false));
            assert_eq!(texts.bytes(), 4);
        }
        std::fs::remove_file(path).unwrap();
    }
}
