//! The payload before it is sent: serialised at once, within the quota, and nothing lost on the way.

mod finite;
mod same;

pub(crate) use same::{digest, is_same};

use crate::error::{Error, ErrorKind};
use crate::wiring::Wiring;
use bytes::Bytes;
use serde::Serialize;

/// The largest input of an execution, in bytes of UTF-8 (Step Functions quotas, "Maximum input or output size for a
/// task, state, or execution").
pub const MAX_INPUT: usize = 262_144;

/// Compact JSON of `payload`.
pub(crate) fn serialize<T: Serialize>(payload: &T) -> Result<Bytes, Error> {
    let json = serde_json::to_vec(payload).map_err(|source| {
        Error::new(ErrorKind::Payload, "the payload does not serialise as JSON").with_source(source)
    })?;
    // serde_json writes NaN and the infinities as null; without a null there was none.
    if json.windows(4).any(|window| window == b"null") && !finite::is_finite(payload) {
        let message = "the payload holds NaN or an infinity, which JSON cannot carry: replace it";
        return Err(Error::new(ErrorKind::Payload, message));
    }
    Ok(Bytes::from(json))
}

/// What the deployment cannot deliver.
pub(crate) fn check(json: &[u8], wiring: &Wiring) -> Result<(), Error> {
    let refuse = |message: String| Err(Error::new(ErrorKind::Payload, message));
    if json.len() > MAX_INPUT {
        let size = json.len();
        return refuse(format!(
            "the payload has {size} bytes, an execution's input at most {MAX_INPUT}: send a reference"
        ));
    }
    // `$util.escapeJavaScript` turns ' into \', which is not JSON; writing it as \u0027 does not help, because
    // `$input.json` decodes it first.
    if matches!(wiring, Wiring::AsPosted) && holds_quote(json) {
        return refuse("the deployment as posted cannot deliver `'`: replace it, or mend the template".to_owned());
    }
    Ok(())
}

fn holds_quote(json: &[u8]) -> bool {
    json.contains(&b'\'') || json.windows(6).any(|window| window == br"\u0027")
}

/// The request of a pass-through deployment: `input` is a JSON string that holds the payload's JSON.
pub(crate) fn envelope(json: &Bytes, name: &str, state_machine_arn: &str) -> Result<Bytes, Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct StartExecution<'a> {
        input: &'a str,
        name: &'a str,
        state_machine_arn: &'a str,
    }
    let not_text = |source| Error::new(ErrorKind::Payload, "the payload is not UTF-8").with_source(source);
    let input = std::str::from_utf8(json).map_err(not_text)?;
    serialize(&StartExecution { input, name, state_machine_arn })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_does_not_know_are_refused_wherever_they_hide() {
        #[derive(Serialize)]
        struct Order {
            note: Option<String>,
            prices: Vec<f64>,
        }
        let order = |price| Order { note: None, prices: vec![1.0, price] };
        assert_eq!(serialize(&order(2.5)).unwrap(), r#"{"note":null,"prices":[1.0,2.5]}"#);
        for price in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(serialize(&order(price)).unwrap_err().kind(), ErrorKind::Payload);
        }
        assert!(serialize(&f32::NAN).is_err());
        assert!(serialize(&std::collections::BTreeMap::from([("a", Some(f64::NAN))])).is_err());
    }

    #[test]
    fn a_value_that_serialises_only_once_is_not_taken_for_nan() {
        struct Once(std::cell::Cell<Option<Vec<Option<u32>>>>);
        impl Serialize for Once {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let items = self.0.take().ok_or_else(|| serde::ser::Error::custom("used up"))?;
                items.serialize(serializer)
            }
        }
        let once = Once(std::cell::Cell::new(Some(vec![Some(1), None])));
        assert_eq!(serialize(&once).unwrap(), "[1,null]");
    }

    #[test]
    fn the_quota_counts_bytes_not_characters() {
        let payload = |characters: usize| serialize(&"é".repeat(characters)).unwrap();
        assert!(check(&payload(131_071), &Wiring::Template).is_ok());
        let error = check(&payload(131_072), &Wiring::Template).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Payload);
        assert!(error.to_string().contains("262146 bytes"), "{error}");
    }

    #[test]
    fn only_the_deployment_as_posted_refuses_quotes() {
        for json in [&br#""I'm""#[..], br#""I\u0027m""#] {
            assert!(check(json, &Wiring::AsPosted).is_err());
            assert!(check(json, &Wiring::Template).is_ok());
        }
    }

    #[test]
    fn the_envelope_holds_the_payload_as_a_string() {
        let json = Bytes::from_static(br#"{"note":"a \"b\""}"#);
        let envelope = envelope(&json, "n", "arn").unwrap();
        assert_eq!(envelope, r#"{"input":"{\"note\":\"a \\\"b\\\"\"}","name":"n","stateMachineArn":"arn"}"#);
    }
}
