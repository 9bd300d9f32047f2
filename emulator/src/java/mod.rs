//! What templates and patterns take from Java: how numbers print, what a regular expression means, what Jackson says
//! about text that is not JSON, which numbers a seed gives. Pure.

mod decimal;
pub(crate) mod jackson;
mod number;
mod random;
mod regex;
mod text;

pub(crate) use decimal::Decimal;
pub(crate) use number::{decimal, double, nearest_double};
pub(crate) use random::first_fraction;
pub(crate) use regex::{Pattern, Syntax};
pub(crate) use text::{
    EscapedLengths, escape_java_script, escape_unit, escaped_bytes, escaped_length, escaped_lengths, half, halved,
    lone, may_hold_halves, pair, push_escaped, read_json, readable_json, search_work, url_decode, url_encode,
    url_encoded_length, without_lone, write_json, written_json,
};
