//! Who the caller is, to the gateway: behaviour, so that nobody else needs to know in which way.

#[cfg(feature = "sigv4")]
mod iam;
mod identity;
mod states;
mod token;

#[cfg(feature = "sigv4")]
pub(crate) use iam::IamSetup;
#[cfg(feature = "sigv4")]
pub(crate) use identity::region;
pub(crate) use identity::{Cause, Identity, Receipt, Refusal, Region, Setup, secret};
pub(crate) use token::{Anonymous, Token};
