//! Hashes that definitions may ask for by name, and what tells values apart.

use std::collections::BTreeMap;
use std::io::{self, Read};

use serde_json::Value;
use sha2::Digest as _;

/// The same value with the fields of its objects in one order, so that values that are the same have the same text.
pub(crate) fn in_order(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(in_order).collect(),
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> = fields.iter().collect();
            fields.into_iter().map(|(name, field)| (name.clone(), in_order(field))).collect()
        }
        scalar => scalar.clone(),
    }
}

/// The hash of Fowler, Noll and Vo (1a) of a text: for what must only be stable.
pub(crate) fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The MD5 of all that is read from there, as lower-case hexadecimal digits.
///
/// # Errors
///
/// It cannot be read.
pub(crate) fn md5_of(mut from: impl Read) -> io::Result<String> {
    let (mut hash, mut piece) = (md5::Md5::new(), [0; 16 * 1024]);
    loop {
        let read = from.read(&mut piece)?;
        if read == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&piece[..read]);
    }
}

/// The hash of `data` as lower-case hexadecimal digits.
///
/// # Errors
///
/// When `algorithm` is none of MD5, SHA-1, SHA-256, SHA-384 and SHA-512.
pub(crate) fn digits(algorithm: &str, data: &[u8]) -> Result<String, String> {
    Ok(match algorithm {
        "MD5" => hex::encode(md5::Md5::digest(data)),
        "SHA-1" => hex::encode(sha1::Sha1::digest(data)),
        "SHA-256" => hex::encode(sha2::Sha256::digest(data)),
        "SHA-384" => hex::encode(sha2::Sha384::digest(data)),
        "SHA-512" => hex::encode(sha2::Sha512::digest(data)),
        other => return Err(format!("`{other}` is not one of MD5, SHA-1, SHA-256, SHA-384, SHA-512")),
    })
}
