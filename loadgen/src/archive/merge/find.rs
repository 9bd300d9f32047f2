//! Where the runs are: the folders named, or the shards in them.

use crate::mistake::Mistake;
use std::fs;
use std::path::{Path, PathBuf};

/// The run directories that `folders` are or hold.
pub(super) fn runs(folders: &[PathBuf]) -> Result<Vec<PathBuf>, Mistake> {
    let mut runs = Vec::new();
    for folder in folders {
        if holds_run(folder) {
            runs.push(folder.clone());
            continue;
        }
        let before = runs.len();
        let cannot = |e| Mistake::other(format!("cannot read {}: {e}", folder.display()));
        for entry in fs::read_dir(folder).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let is_shard = entry.file_name().to_string_lossy().starts_with("shard-");
            if is_shard && holds_run(&entry.path()) {
                runs.push(entry.path());
            }
        }
        if runs.len() == before {
            let shown = folder.display();
            return Err(Mistake::usage(format!("{shown} holds no run, and no shard of one: name the -o of the runs")));
        }
    }
    Ok(runs)
}

fn holds_run(folder: &Path) -> bool {
    folder.join("manifest.json").is_file()
}
