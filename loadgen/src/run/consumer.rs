//! Who looks at each second of a run.

use crate::archive::Collector;
use crate::record::Interval;

/// The account of a second as a generator hands it over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handover<'i> {
    /// The generator's number.
    pub(super) thread: usize,
    /// What it recorded.
    pub(super) interval: &'i Interval,
    /// Nanoseconds of processor time that the process took since the handover before.
    pub(super) cpu_ns: Option<u64>,
    /// Whether a signal asked the run to end.
    pub(super) interrupted: bool,
}

/// Takes the seconds of a run one by one.
pub(super) trait Consumer {
    /// Takes a second. What went wrong, and was not told before, is told in `warnings`: the run goes on without it.
    fn take(&mut self, handover: &Handover<'_>, warnings: &mut Vec<String>);
}

impl Consumer for Collector {
    fn take(&mut self, handover: &Handover<'_>, warnings: &mut Vec<String>) {
        let whole = self.failure().is_none();
        Self::take(self, handover.interval, handover.cpu_ns);
        if let (true, Some(e)) = (whole, self.failure()) {
            let shown = self.path().display();
            warnings.push(format!("cannot write into {shown}: {e}; the run goes on, and its report comes from memory"));
        }
    }
}
