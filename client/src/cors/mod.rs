//! What a browser would make of the deployment: the Fetch standard's CORS protocol, run from outside a browser.

mod fetch;
mod preflight;

pub use fetch::{CredentialsMode, Violation, check_answer, check_preflight};
pub use preflight::{Cors, Preflight};
