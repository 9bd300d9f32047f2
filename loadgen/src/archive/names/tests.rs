use std::collections::HashSet;
use std::fs;

use proptest::prelude::*;

use super::{NameStore, count_names};
use crate::archive::tests::Folder;
use crate::record::Entry;

#[test]
fn names_are_counted_exactly_beyond_the_memory_that_holds_them() {
    let folder = Folder::new("spill");
    let mut store = NameStore::create(folder.path()).unwrap();
    // Three and a half runs, in which every thousandth id is that of the arrival before.
    let entries: Vec<Entry> = (0..230_000_u64)
        .map(|k| {
            let id = if k % 1_000 == 999 { k - 1 } else { k };
            Entry { id: [id.wrapping_mul(0x9e37_79b9_7f4a_7c15), id], k }
        })
        .collect();
    for batch in entries.chunks(1_234) {
        store.add(batch).unwrap();
    }
    let runs = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(runs, 4, "three sorted runs and the tail");
    let merged = count_names(folder.path(), &folder.path().join("none")).unwrap();
    assert_eq!((merged.names.checked, merged.names.unique, merged.names.duplicates()), (230_000, 229_770, 230));
    assert_eq!(merged.examples.len(), 5);
    assert!(merged.examples.iter().all(|e| e.k % 1_000 == 999 && e.expected == (e.k - 1).to_string()));
}

#[test]
fn a_crash_while_spilling_counts_no_name_twice() {
    let folder = Folder::new("crash");
    let mut store = NameStore::create(folder.path()).unwrap();
    let entries: Vec<Entry> = (0..100_u64).map(|k| Entry { id: [k, k], k }).collect();
    store.add(&entries).unwrap();
    // The sorted run is there, the tail is not emptied yet, and its last entry is cut off.
    let tail = fs::read(folder.path().join("tail.run")).unwrap();
    fs::write(folder.path().join("000000.run"), &tail).unwrap();
    fs::write(folder.path().join("tail.run"), &tail[..tail.len() - 5]).unwrap();
    let merged = count_names(folder.path(), &folder.path().join("none")).unwrap();
    assert_eq!((merged.names.checked, merged.names.unique), (100, 100));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn counts_are_those_of_a_set(ids in prop::collection::vec(0_u64..50, 0..200), batch in 1_usize..40) {
        let folder = Folder::new("set");
        let mut store = NameStore::create(folder.path()).unwrap();
        let entries: Vec<Entry> = ids.iter().zip(0..).map(|(id, k)| Entry { id: [*id, 0], k }).collect();
        for batch in entries.chunks(batch) {
            store.add(batch).unwrap();
        }
        let merged = count_names(folder.path(), &folder.path().join("none")).unwrap();
        prop_assert_eq!(merged.names.checked, ids.len() as u64);
        prop_assert_eq!(merged.names.unique, ids.iter().collect::<HashSet<_>>().len() as u64);
    }
}
