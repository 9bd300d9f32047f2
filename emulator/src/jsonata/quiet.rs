//! Panics of the library are caught, and are no news for whoever watches the terminal.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

type Hook = Box<dyn Fn(&panic::PanicHookInfo<'_>) + Send + Sync>;

/// Tells of the panics that are not caught here.
fn hook(told: Hook) -> Hook {
    Box::new(move |panic| {
        if !CAUGHT.get() {
            told(panic);
        }
    })
}

/// Does something; `None` if it panics, of which nothing is printed.
pub(super) fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| panic::set_hook(hook(panic::take_hook())));
    let around = CAUGHT.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    CAUGHT.set(around);
    done.ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_panic_within_is_nothing_that_is_told_and_one_outside_is_told_as_ever() {
        static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());
        let of_this_test = |text: &str| text.starts_with("quiet: ");
        // What told of panics before goes on, for the other tests of this process.
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| match panic.payload().downcast_ref::<&str>() {
            Some(text) if of_this_test(text) => TOLD.lock().unwrap().push((*text).to_owned()),
            _ => before(panic),
        }));
        // The hook of this module, around the one of this test, wherever another test has put it already.
        HOOK.call_once(|| ());
        let print = panic::take_hook();
        panic::set_hook(hook(print));
        assert_eq!(quietly(|| 1), Some(1));
        assert_eq!(quietly(|| -> u8 { panic!("quiet: within") }), None);
        let nested = quietly(|| quietly(|| -> u8 { panic!("quiet: within both") }).is_none());
        assert_eq!(nested, Some(true));
        assert!(panic::catch_unwind(|| panic!("quiet: outside")).is_err());
        // Another thread is not quiet because this one is.
        let elsewhere = quietly(|| std::thread::spawn(|| panic!("quiet: elsewhere")).join().is_err());
        assert_eq!(elsewhere, Some(true));
        assert_eq!(*TOLD.lock().unwrap(), ["quiet: outside", "quiet: elsewhere"]);
    }
}
