//! Claims about the verifier as a whole: AWS's own vectors in `suite`, AWS's words in `words`.

mod suite;
mod words;

use std::time::Duration;

use super::timestamp::Timestamp;
use super::{AccessKey, CallerIdentity};

const ACCESS_KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn key(access_key: &str, secret: &str) -> AccessKey {
    let arn = "arn:aws:iam::123456789012:user/example".to_owned();
    AccessKey::new(
        CallerIdentity { access_key: access_key.to_owned(), arn, account: "123456789012".to_owned() },
        secret,
    )
}

/// The instant of a timestamp, since the Unix epoch.
fn instant(timestamp: &str) -> Duration {
    let timestamp = Timestamp::parse(timestamp).unwrap();
    (0..48).rev().map(|bit| 1_u64 << bit).fold(Duration::ZERO, |instant, step| {
        let later = instant + Duration::from_secs(step);
        if Timestamp::at(later) <= timestamp { later } else { instant }
    })
}
