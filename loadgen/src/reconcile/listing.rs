//! The records of a time, read page by page and kept on disk, so that reading goes on where it was broken off.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::api::{CallError, StepFunctionsApi, list};
use super::rows::{Listed, uuid_name};
use crate::archive::{NameStore, write_whole};
use crate::record::{Entry, StateMachine};

/// How far reading has come: `state.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// What is listed.
    pub(super) machines: Vec<StateMachine>,
    /// Executions that started before this are not wanted: milliseconds since 1970.
    pub(super) from_ms: u64,
    /// How often reading began; each time has files of its own.
    sessions: u32,
    /// The machine that is being listed, as a place among them.
    machine: usize,
    /// Where it goes on.
    token: Option<String>,
    /// Rows so far.
    pub(super) rows: u64,
    complete: bool,
}

/// A folder with what was listed so far.
#[derive(Debug)]
pub(super) struct Listing {
    folder: PathBuf,
    pub(super) progress: Progress,
}

/// Why the records cannot be read.
#[derive(Debug)]
pub(super) enum ListError {
    Call(CallError),
    Disk(io::Error),
}

impl From<io::Error> for ListError {
    fn from(e: io::Error) -> Self {
        Self::Disk(e)
    }
}

impl From<CallError> for ListError {
    fn from(e: CallError) -> Self {
        Self::Call(e)
    }
}

impl Listing {
    /// Goes on with what is in a folder, or begins anew where there is nothing that fits.
    pub(super) fn open(folder: &Path, machines: &[StateMachine], from_ms: u64) -> io::Result<Self> {
        let state = fs::read(folder.join(STATE)).ok();
        let before = state.and_then(|text| serde_json::from_slice::<Progress>(&text).ok());
        if let Some(progress) = before.filter(|before| before.machines == machines && before.from_ms == from_ms) {
            return Ok(Self { folder: folder.into(), progress });
        }
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let (machines, token) = (machines.to_vec(), None);
        let progress = Progress { machines, from_ms, sessions: 0, machine: 0, token, rows: 0, complete: false };
        Ok(Self { folder: folder.into(), progress })
    }

    /// Reads to the end. `tell` gets the number of rows after each page.
    pub(super) fn read(&mut self, api: &mut dyn StepFunctionsApi, tell: &mut dyn FnMut(u64)) -> Result<(), ListError> {
        if self.progress.complete {
            return Ok(());
        }
        let session = self.progress.sessions;
        self.progress.sessions += 1;
        self.save()?;
        let mut rows = NameStore::create(&self.rows(session))?;
        let mut texts = Texts::create(&self.folder, session)?;
        while let Some(machine) = self.progress.machines.get(self.progress.machine).cloned() {
            let token = self.progress.token.clone();
            let page = match list(api, &machine, token.as_deref()) {
                // A token holds for a day (API reference, `ListExecutions`): what was read twice counts once.
                Err(CallError::Refused(name, _)) if name == "InvalidToken" && token.is_some() => {
                    self.progress.token = None;
                    continue;
                }
                page => page?,
            };
            if token.is_some() && page.next_token == token {
                let why = "ListExecutions gives the `nextToken` that it was given: its list has no end";
                return Err(CallError::Failed(why.to_owned()).into());
            }
            let mut past = false;
            let mut entries = Vec::with_capacity(page.executions.len());
            for row in &page.executions {
                past |= row.start_ms() < self.progress.from_ms;
                if row.start_ms() < self.progress.from_ms {
                    continue;
                }
                let id = Entry::of(&row.name, 0).id;
                let start_s = (row.start_ms() - self.progress.from_ms) / 1_000;
                entries.push(Listed { id, standing: row.standing(), took_ms: row.took_ms(), start_s }.entry());
                if uuid_name(id) != row.name {
                    texts.add(id, &row.name)?;
                }
            }
            rows.add(&entries)?;
            self.progress.rows += entries.len() as u64;
            tell(self.progress.rows);
            self.progress.token = page.next_token.filter(|_| !past);
            if self.progress.token.is_none() {
                self.progress.machine += 1;
            }
            self.save()?;
        }
        self.progress.complete = true;
        Ok(self.save()?)
    }

    /// The folders of the rows.
    pub(super) fn row_folders(&self) -> Vec<PathBuf> {
        (0..self.progress.sessions).map(|session| self.rows(session)).filter(|folder| folder.is_dir()).collect()
    }

    /// The folders of the places of names that are no UUIDs.
    pub(super) fn text_folders(&self) -> Vec<PathBuf> {
        let folders = (0..self.progress.sessions).map(|session| texts_folder(&self.folder, session));
        folders.filter(|folder| folder.is_dir()).collect()
    }

    /// The name that stands at a place.
    pub(super) fn text(&self, place: u64) -> io::Result<String> {
        use std::io::{BufRead, BufReader, Seek, SeekFrom};
        let session = u32::try_from(place >> OFFSET_BITS).unwrap_or(u32::MAX);
        let mut file = File::open(texts_file(&self.folder, session))?;
        file.seek(SeekFrom::Start(place & ((1 << OFFSET_BITS) - 1)))?;
        let mut line = String::new();
        BufReader::new(file).read_line(&mut line)?;
        Ok(line.trim_end_matches('\n').to_owned())
    }

    /// The folder for what is made of them on the way.
    pub(super) fn scratch(&self) -> &Path {
        &self.folder
    }

    /// Forgets everything.
    pub(super) fn remove(self) -> io::Result<()> {
        fs::remove_dir_all(&self.folder)
    }

    fn rows(&self, session: u32) -> PathBuf {
        self.folder.join(format!("rows-{session}"))
    }

    fn save(&self) -> io::Result<()> {
        write_whole(&self.folder, STATE, &serde_json::to_vec(&self.progress)?)
    }
}

const STATE: &str = "state.json";

/// Bits of an offset in a file of names; the others number the file.
const OFFSET_BITS: u32 = 44;

/// Names that are no UUIDs: a file of them, and where each stands.
struct Texts {
    places: NameStore,
    file: File,
    offset: u64,
    session: u32,
}

impl Texts {
    fn create(folder: &Path, session: u32) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(texts_file(folder, session))?;
        let offset = file.metadata()?.len();
        Ok(Self { places: NameStore::create(&texts_folder(folder, session))?, file, offset, session })
    }

    fn add(&mut self, id: [u64; 2], name: &str) -> io::Result<()> {
        self.file.write_all(format!("{name}\n").as_bytes())?;
        self.places.add(&[Entry { id, k: u64::from(self.session) << OFFSET_BITS | self.offset }])?;
        self.offset += name.len() as u64 + 1;
        Ok(())
    }
}

fn texts_folder(folder: &Path, session: u32) -> PathBuf {
    folder.join(format!("texts-{session}"))
}

fn texts_file(folder: &Path, session: u32) -> PathBuf {
    folder.join(format!("texts-{session}.txt"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::archive::Sorted;

    /// Pages of ten, newest first, of which one is broken off.
    struct Pages {
        calls: usize,
        stops_at: Option<usize>,
        asked: Vec<Option<String>>,
    }

    impl StepFunctionsApi for Pages {
        fn call(&mut self, action: &'static str, query: &Value) -> Result<Value, CallError> {
            assert_eq!(action, "ListExecutions");
            let token = query["nextToken"].as_str().map(str::to_owned);
            self.calls += 1;
            self.asked.push(token.clone());
            if self.stops_at == Some(self.calls) {
                return Err(CallError::Stopped);
            }
            let from: u64 = token.map_or(0, |token| token.parse().unwrap());
            let rows = (from..from + 10).map(|n| {
                // Every third name is no UUID.
                let name = if n % 3 == 0 { format!("order-{n}") } else { uuid_name([n, 7]) };
                json!({ "name": name, "status": "SUCCEEDED", "startDate": 1_000.0 - n as f64, "stopDate": 1_000.5 - n as f64 })
            });
            Ok(json!({ "executions": rows.collect::<Vec<_>>(), "nextToken": (from + 10).to_string() }))
        }
    }

    #[test]
    fn a_list_whose_token_comes_back_is_an_error_and_no_circle() {
        struct Circle;

        impl StepFunctionsApi for Circle {
            fn call(&mut self, _action: &'static str, _query: &Value) -> Result<Value, CallError> {
                Ok(json!({ "executions": [], "nextToken": "same" }))
            }
        }

        let folder = crate::archive::tests::Folder::new("listing-circle");
        let machine = StateMachine::parse("arn:aws:states:us-east-1:123456789012:stateMachine:A").unwrap();
        let mut listing = Listing::open(&folder.path().join("reconcile"), &[machine], 0).unwrap();
        let error = listing.read(&mut Circle, &mut |_| {}).unwrap_err();
        assert!(matches!(error, ListError::Call(CallError::Failed(_))));
    }

    #[test]
    fn reading_goes_on_where_it_was_broken_off_and_ends_where_the_run_begins() {
        let folder = crate::archive::tests::Folder::new("listing");
        let folder = folder.path().join("reconcile");
        let machine = StateMachine::parse("arn:aws:states:us-east-1:123456789012:stateMachine:A").unwrap();
        let machines = [machine];
        let mut pages = Pages { calls: 0, stops_at: Some(3), asked: Vec::new() };
        let mut listing = Listing::open(&folder, &machines, 955_000).unwrap();
        let broken = listing.read(&mut pages, &mut |_| {});
        assert!(matches!(broken, Err(ListError::Call(CallError::Stopped))));
        assert_eq!(listing.progress.rows, 20);
        pages.stops_at = None;
        let mut listing = Listing::open(&folder, &machines, 955_000).unwrap();
        listing.read(&mut pages, &mut |_| {}).unwrap();
        let tokens: Vec<Option<&str>> = pages.asked.iter().map(Option::as_deref).collect();
        assert_eq!(
            tokens,
            [None, Some("10"), Some("20"), Some("20"), Some("30"), Some("40")],
            "none is asked for twice"
        );
        // The 46 that started at 955 s or later, once each.
        let rows = Sorted::open(&listing.row_folders(), &folder).unwrap();
        assert_eq!((rows.count(), listing.progress.rows), (46, 46));
        let names = Sorted::open(&listing.text_folders(), &folder).unwrap();
        let mut names: Vec<String> = names.map(|entry| listing.text(entry.unwrap().k).unwrap()).collect();
        names.sort();
        assert_eq!((names.len(), names[0].as_str()), (16, "order-0"));
        let calls = pages.calls;
        Listing::open(&folder, &machines, 955_000).unwrap().read(&mut pages, &mut |_| {}).unwrap();
        assert_eq!(pages.calls, calls, "what is complete is not read again");
    }
}
