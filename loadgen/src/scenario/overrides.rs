//! What the command line says over the scenario.

use std::time::Duration;

use super::{Arrivals, Profile, Scenario};
use crate::mistake::Mistake;
use crate::units::{LONGEST, check_rate, show_number};

/// Values of the command line that replace those of the scenario.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    /// Arrivals per second.
    pub(crate) rate: Option<f64>,
    /// Factor on every rate.
    pub(crate) scale: Option<f64>,
    /// For how long requests are sent.
    pub(crate) duration: Option<Duration>,
    /// Most arrivals; without `duration` the run lasts until they are sent.
    pub(crate) requests: Option<u64>,
    /// Closed loop with so many clients.
    pub(crate) closed: Option<usize>,
    /// The most requests that may be in flight.
    pub(crate) max_in_flight: Option<usize>,
    /// How arrivals spread.
    pub(crate) arrivals: Option<Arrivals>,
    /// Seed.
    pub(crate) seed: Option<u64>,
}

/// Why a closed loop takes no rate.
const RATELESS: &str = "this scenario is a closed loop, which has no rate: its clients send as fast as answers come; for \
                        more or fewer of them write --closed N";

/// Why a trace takes no rate.
const TIMED: &str =
    "this scenario replays a trace, which says itself when requests are sent: its rate cannot be changed";

impl Overrides {
    /// Puts them over the scenario.
    ///
    /// # Errors
    /// An override that the scenario's executor has no place for, in words.
    pub(crate) fn apply(&self, scenario: &mut Scenario) -> Result<(), Mistake> {
        let load = &mut scenario.load;
        if let Some(clients) = self.closed {
            let duration = match &load.profile {
                Profile::Constant { duration, .. } | Profile::Closed { duration, .. } => *duration,
                Profile::Ramping { .. } | Profile::Trace { .. } => None,
            };
            load.profile = Profile::Closed { clients, duration };
        }
        if let Some(rate) = self.rate {
            match &mut load.profile {
                Profile::Constant { rate: old, .. } => *old = rate,
                Profile::Ramping { .. } => {
                    return Err(Mistake::usage(
                        "this scenario has a rate for every stage: scale all of them with --scale F",
                    ));
                }
                Profile::Trace { .. } => return Err(Mistake::usage(TIMED)),
                Profile::Closed { .. } => return Err(Mistake::usage(RATELESS)),
            }
        }
        if let Some(factor) = self.scale {
            load.profile.scale(factor)?;
        }
        if self.duration.is_some() || self.requests.is_some() {
            load.requests = self.requests.or(load.requests);
            match &mut load.profile {
                // -n alone asks for that many arrivals, however long they take.
                Profile::Constant { duration, .. } | Profile::Closed { duration, .. } => *duration = self.duration,
                Profile::Ramping { .. } | Profile::Trace { .. } if self.duration.is_some() => {
                    return Err(Mistake::usage(
                        "--duration cannot be used with a scenario whose stages or trace say how long it lasts",
                    ));
                }
                Profile::Ramping { .. } | Profile::Trace { .. } => {}
            }
        }
        let in_open_loops = |given: bool, option: &str, why: &str| match (given, &load.profile) {
            (true, Profile::Closed { .. }) => {
                Err(Mistake::usage(format!("{option} is nothing for a closed loop: {why}")))
            }
            _ => Ok(()),
        };
        in_open_loops(
            self.max_in_flight.is_some(),
            "-c",
            "each of its clients has one request in flight, so --closed N says it",
        )?;
        in_open_loops(self.arrivals.is_some(), "--arrivals", "its clients send as fast as answers come")?;
        if self.arrivals.is_some() && matches!(load.profile, Profile::Trace { .. }) {
            return Err(Mistake::usage("--arrivals is nothing for a trace, which says itself when requests are sent"));
        }
        load.max_in_flight = self.max_in_flight.unwrap_or(load.max_in_flight);
        load.arrivals = self.arrivals.unwrap_or(load.arrivals);
        scenario.seed = self.seed.unwrap_or(scenario.seed);
        match &load.profile {
            Profile::Constant { rate, duration: None } if *rate <= 0.0 => {
                Err(Mistake::usage("a rate of 0 sends nothing: give --rps a rate above 0"))
            }
            Profile::Constant { duration: None, .. } | Profile::Closed { duration: None, .. }
                if load.requests.is_none() =>
            {
                Err(Mistake::usage("say how long: --duration 30s, or how many: -n 500"))
            }
            Profile::Constant { rate, duration: None }
                if load.requests.is_some_and(|requests| requests as f64 / rate > LONGEST.as_secs_f64()) =>
            {
                Err(Mistake::usage(format!(
                    "so many requests take more than 30 days at {} per second: send fewer (-n), or more a second (--rps)",
                    show_number(*rate)
                )))
            }
            _ => Ok(()),
        }
    }
}

impl Profile {
    fn scale(&mut self, factor: f64) -> Result<(), Mistake> {
        if !(factor.is_finite() && factor > 0.0) {
            let factor = show_number(factor);
            return Err(Mistake::usage(format!("--scale {factor}: the factor is a number above 0, such as 2 or 0.5")));
        }
        // A scaled rate has to be one that the scenario itself could have asked for.
        let scale = |rate: &mut f64| {
            let about = |mistake: Mistake| mistake.about(format_args!("--scale {}", show_number(factor)));
            *rate = check_rate(*rate * factor).map_err(about)?;
            Ok::<_, Mistake>(())
        };
        match self {
            Self::Constant { rate, .. } => scale(rate)?,
            Self::Ramping { start_rate, stages } => {
                scale(start_rate)?;
                stages.iter_mut().try_for_each(|stage| scale(&mut stage.target))?;
            }
            Self::Trace { .. } => return Err(Mistake::usage(TIMED)),
            Self::Closed { .. } => return Err(Mistake::usage(RATELESS)),
        }
        Ok(())
    }
}
