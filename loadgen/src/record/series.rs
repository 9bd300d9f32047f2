//! The distributions of times that are kept.

use super::Class;

/// What is timed of every request that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// From the intended instant to the end.
    Response,
    /// From the moment a connection took the request to its end.
    Service,
    /// From the intended instant to the moment a connection took the request.
    Lag,
}

impl Timing {
    /// Every timing.
    pub(crate) const ALL: [Self; 3] = [Self::Response, Self::Service, Self::Lag];
}

/// What became of a request that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It ended in a class.
    Ended(Class),
    /// It was in flight when the run ended: but for the lag, its times are lower bounds.
    Unfinished,
}

impl Fate {
    const COUNT: usize = Class::ALL.len() + 1;

    /// Every fate.
    pub fn all() -> impl Iterator<Item = Self> {
        Class::ALL.into_iter().map(Self::Ended).chain([Self::Unfinished])
    }

    const fn index(self) -> usize {
        match self {
            Self::Ended(class) => class as usize,
            Self::Unfinished => Class::ALL.len(),
        }
    }

    /// Its name in reports: the class, or `unfinished`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ended(class) => class.as_str(),
            Self::Unfinished => "unfinished",
        }
    }

    /// Whether response and service times are lower bounds of what an answer would have taken.
    #[must_use]
    pub(crate) const fn is_censored(self) -> bool {
        match self {
            Self::Ended(class) => class.is_censored(),
            Self::Unfinished => true,
        }
    }
}

/// A distribution of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Series {
    /// Of the requests that came to the same.
    Times(Timing, Fate),
    /// Lower bounds, from the intended instant, of due arrivals that were never sent.
    Unsent,
    /// The response times of started or completed executions, less the time that the generator alone kept the request, or its
    /// answer, waiting.
    Unlagged,
    /// How late the generator itself was: from the instant at which a request was due and there was room for it to its
    /// release.
    Lateness,
    /// How long a request waited for room among the most in flight, of those that did: from its intended instant. It, the
    /// wait for a connection and the lateness make up the lag.
    RoomWait,
    /// How long a request for which there was room waited until a connection was free or an attempt to make one began, of
    /// those that did: only so many connections are made at a time.
    ConnectionWait,
    /// To connect.
    Connect,
    /// The TLS handshake.
    Handshake,
    /// From the moment the request was written to the first byte of the answer.
    FirstByte,
    /// How long executions took that were waited for, from start to end, as their answers say: to the millisecond.
    Workflow,
    /// Times for which the generator did not run, though it meant to: a stopped process, a starved machine.
    Pause,
}

const TIMES: usize = Timing::ALL.len() * Fate::COUNT;
const OTHERS: [Series; 10] = [
    Series::Unsent,
    Series::Unlagged,
    Series::Lateness,
    Series::RoomWait,
    Series::ConnectionWait,
    Series::Connect,
    Series::Handshake,
    Series::FirstByte,
    Series::Workflow,
    Series::Pause,
];

impl Series {
    /// How many there are.
    pub(crate) const COUNT: usize = TIMES + OTHERS.len();

    /// The response times of the requests that ended in a class.
    #[must_use]
    pub(crate) const fn response(class: Class) -> Self {
        Self::Times(Timing::Response, Fate::Ended(class))
    }

    /// Every series.
    pub fn all() -> impl Iterator<Item = Self> {
        let times = |timing| Fate::all().map(move |fate| Self::Times(timing, fate));
        Timing::ALL.into_iter().flat_map(times).chain(OTHERS)
    }

    /// Its name in `intervals.hlog`: for response times the class itself.
    #[must_use]
    pub fn tag(self) -> String {
        match self {
            Self::Times(Timing::Response, fate) => fate.as_str().into(),
            Self::Times(Timing::Service, fate) => format!("service:{}", fate.as_str()),
            Self::Times(Timing::Lag, fate) => format!("lag:{}", fate.as_str()),
            Self::Unsent => "unsent".into(),
            Self::Unlagged => "unlagged".into(),
            Self::Lateness => "lateness".into(),
            Self::RoomWait => "room_wait".into(),
            Self::ConnectionWait => "connection_wait".into(),
            Self::Connect => "connect".into(),
            Self::Handshake => "handshake".into(),
            Self::FirstByte => "first_byte".into(),
            Self::Workflow => "workflow".into(),
            Self::Pause => "pause".into(),
        }
    }

    /// The series of a tag.
    #[must_use]
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        Self::all().find(|series| series.tag() == tag)
    }

    /// Its place among all of them.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Times(timing, fate) => timing as usize * Fate::COUNT + fate.index(),
            Self::Unsent => TIMES,
            Self::Unlagged => TIMES + 1,
            Self::Lateness => TIMES + 2,
            Self::RoomWait => TIMES + 3,
            Self::ConnectionWait => TIMES + 4,
            Self::Connect => TIMES + 5,
            Self::Handshake => TIMES + 6,
            Self::FirstByte => TIMES + 7,
            Self::Workflow => TIMES + 8,
            Self::Pause => TIMES + 9,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_stands_at_its_own_index_under_its_own_tag() {
        assert_eq!(Series::all().count(), Series::COUNT);
        for (index, series) in Series::all().enumerate() {
            assert_eq!((series.index(), Series::of_tag(&series.tag())), (index, Some(series)));
        }
    }
}
