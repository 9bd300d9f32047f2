//! The formats that the validator knows (its draft 4 library): any other is a fault, whatever the value.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::faults::Faults;
use crate::budget::{Budget, Exhausted};
use crate::java::{Pattern, Syntax};

/// Units of work that a character costs: each is looked for among those that are legal.
const CHARACTER: usize = 16;

/// Adds to `faults` why a text is not of a format.
pub(super) fn check(format: &str, text: &str, faults: &mut Faults<'_>, budget: &Budget) -> Result<(), Exhausted> {
    budget.work(text.len() * CHARACTER)?;
    let (fits, what) = match format {
        "date-time" => {
            if is_date_time(text) {
                return Ok(());
            }
            return faults.add(text.len(), || {
                let formats = "[yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{1,12}Z]";
                format!("string \"{text}\" is invalid against requested date format(s) {formats}")
            });
        }
        "email" => (is_email(text), "email address"),
        "hostname" => (is_hostname(text), "hostname"),
        "ipv4" => (text.parse::<Ipv4Addr>().is_ok(), "IPv4 address"),
        "ipv6" => (text.parse::<Ipv6Addr>().is_ok(), "IPv6 address"),
        "regex" => {
            let before = budget.memory_left();
            let compiled = Pattern::compile(text, Syntax::Ecma, budget).is_ok();
            // What is spent now says nothing about the text.
            budget.work(1)?;
            budget.release(usize::try_from(before.saturating_sub(budget.memory_left())).unwrap_or(usize::MAX));
            (compiled, "ECMA 262 regular expression")
        }
        "uri" => (is_uri(text), "URI"),
        _ => return Ok(()),
    };
    if fits { Ok(()) } else { faults.add(text.len(), || format!("string \"{text}\" is not a valid {what}")) }
}

/// Whether the validator knows a format.
pub(super) fn is_known(format: &str) -> bool {
    ["date-time", "email", "hostname", "ipv4", "ipv6", "regex", "uri"].contains(&format)
}

/// A date, a time with or without a fraction of up to twelve digits, and a zone: `Z`, `+02:00` or `+0200`.
fn is_date_time(text: &str) -> bool {
    let (Some(seconds), Some(rest)) = (text.get(..19), text.get(19..)) else { return false };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if !(1..=12).contains(&digits) {
                return false;
            }
            &fraction[digits..]
        }
        None => rest,
    };
    let zone = match rest.as_bytes() {
        b"Z" => true,
        [b'+' | b'-', rest @ ..] => match rest {
            [a, b, b':', c, d] | [a, b, c, d] => [a, b, c, d].into_iter().all(u8::is_ascii_digit),
            _ => false,
        },
        _ => false,
    };
    let shape = seconds.bytes().zip("dddd-dd-ddTdd:dd:dd".bytes());
    let shaped =
        shape.into_iter().all(|(byte, wanted)| if wanted == b'd' { byte.is_ascii_digit() } else { byte == wanted });
    // A leap second is none to the validator either.
    shaped && zone && !seconds.ends_with("60") && seconds.parse::<jiff::civil::DateTime>().is_ok()
}

/// A local part and a domain, as `javax.mail` reads them strictly.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let legal = |part: &str, special: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.contains("..")
            && !part.chars().any(|it| it.is_whitespace() || it.is_control() || special.contains(it))
    };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    (quoted || legal(local, "()<>@,;:\\\"[]")) && legal(domain, "()<>@,;:\\\"")
}

/// Labels of letters, digits, hyphens and underscores, of which the last does not begin with a digit.
fn is_hostname(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|it| it.is_alphanumeric() || it == '-' || it == '_')
            && !label.starts_with(['-', '_'])
            && !label.ends_with(['-', '_'])
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253 && text.split('.').all(label) && !last.starts_with(|first: char| first.is_ascii_digit())
}

/// What `java.net.URI` takes: a relative reference too.
fn is_uri(text: &str) -> bool {
    let legal = |it: char| match it {
        '%' | '[' | ']' | '#' => true,
        _ if it.is_ascii() => it.is_ascii_alphanumeric() || "-_.!~*'();/?:@&=+$,".contains(it),
        _ => !it.is_control() && !it.is_whitespace(),
    };
    let encoded = text
        .split('%')
        .skip(1)
        .all(|rest| rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)));
    let scheme = text.split(['/', '?', '#']).next().and_then(|start| start.split_once(':'));
    let scheme_fits = scheme.is_none_or(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    });
    let has_rest = scheme.is_none_or(|(scheme, _)| text.len() > scheme.len() + 1);
    text.chars().all(legal) && encoded && scheme_fits && has_rest && text.matches('#').count() < 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_takes_and_refuses() {
        for (format, good, bad) in [
            ("email", "a.b+c@example.com", "a b@example.com"),
            ("email", "a@localhost", "nobody"),
            ("date-time", "2026-11-26T10:15:00Z", "2026-11-26T10:15:00"),
            ("date-time", "2026-11-26T10:15:00.123+01:00", "2026-02-30T10:15:00Z"),
            ("hostname", "api.example.com", "-a.com"),
            ("ipv4", "10.0.0.1", "10.0.0.256"),
            ("ipv6", "::1", "10.0.0.1"),
            ("uri", "https://example.com/a?b=%20#c", "https://example.com/a b"),
            ("regex", "^a[^b]+$", "("),
        ] {
            let budget = Budget::default();
            let faults = |text: &str| {
                let mut faults = Faults::all(&budget);
                check(format, text, &mut faults, &budget).unwrap();
                faults.len()
            };
            assert_eq!((faults(good), faults(bad)), (0, 1), "{format}");
        }
    }
}
