//! How one request reaches the endpoint: a small seam, with hyper behind it by default.

#[cfg(feature = "reqwest-0_13")]
mod brought;
#[cfg(feature = "hyper")]
mod builtin;
mod error;
mod lease;
mod observed;
mod progress;
#[cfg(any(feature = "hyper", feature = "reqwest-0_13"))]
mod refusal;
mod seam;
mod settings;
#[cfg(any(feature = "hyper", feature = "reqwest-0_13"))]
mod whole;

#[cfg(feature = "reqwest-0_13")]
pub(crate) use brought::ReqwestTransport;
#[cfg(feature = "hyper")]
pub(crate) use builtin::HttpTransport;
pub(crate) use error::Breakdown;
pub use error::{MAX_ANSWER, TransportError};
pub(crate) use lease::Lease;
pub use observed::ObservedBody;
pub use progress::{Abandoned, Phase, Progress};
pub(crate) use seam::DynTransport;
pub use seam::Transport;
pub use settings::HttpSettings;
#[cfg(feature = "hyper")]
pub(crate) use settings::Unusable;
