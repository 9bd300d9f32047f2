//! `String.format`: the conversions of text, characters, booleans and numbers.

use super::super::heap::Heap;
use super::super::print::print;
use super::super::value::Value;
use super::hash::hash;
use crate::java::nearest_double;

/// Most characters that a width or a precision may ask for.
const WIDEST: usize = 10_000;
/// Units of work that a conversion costs beside its characters.
const CONVERSION: usize = 200;
/// Units that the 309 digits of the largest number with a fraction cost.
const FIXED: usize = 3_000;

/// One `%…`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of Java's formats")]
#[derive(Debug, Default)]
struct Specifier {
    index: Option<usize>,
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    grouped: bool,
    bracketed: bool,
    width: usize,
    precision: Option<usize>,
}

/// Formats; the text may not grow past `most` bytes.
///
/// # Errors
/// Where Java throws.
pub(super) fn format<'r>(
    heap: &Heap<'r>,
    pattern: &str,
    arguments: &[Value<'r>],
    most: usize,
) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = pattern.chars().peekable();
    let mut next = 0;
    while let Some(character) = rest.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        let specifier = specifier(&mut rest)?;
        let conversion = rest.next().ok_or("a format ends in the middle of a conversion")?;
        let digits = if conversion == 'f' { FIXED + 8 * specifier.precision.unwrap_or(0) } else { 0 };
        heap.budget.work(CONVERSION + digits + 4 * specifier.width)?;
        match conversion {
            'n' => out.push('\n'),
            '%' => pad(&specifier, "%", &mut out),
            _ => {
                let at = specifier.index.map_or(next, |index| index - 1);
                next += usize::from(specifier.index.is_none());
                let value = arguments.get(at).ok_or_else(|| format!("no argument for `%{conversion}`"))?;
                let text = converted(heap, value, conversion, &specifier, most)?;
                let upper = conversion.is_ascii_uppercase();
                heap.budget.work(text.len() * if upper { 6 } else { 1 })?;
                heap.budget.room(text.len() * if upper { 3 } else { 1 })?;
                let text = if upper { text.to_uppercase() } else { text };
                if out.len() + text.len() + specifier.width > most {
                    return Err(format!("a text grew past {most} bytes"));
                }
                pad(&specifier, &text, &mut out);
            }
        }
    }
    Ok(out)
}

fn specifier(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Specifier, String> {
    let mut specifier = Specifier::default();
    let mut first = true;
    loop {
        match rest.peek() {
            Some('-') => specifier.left = true,
            Some('+') => specifier.plus = true,
            Some(' ') => specifier.space = true,
            Some('0') => specifier.zero = true,
            Some(',') => specifier.grouped = true,
            Some('(') => specifier.bracketed = true,
            Some('1'..='9') => {
                let number = number(rest)?;
                if first && rest.next_if_eq(&'$').is_some() {
                    specifier.index = Some(number);
                    first = false;
                    continue;
                }
                specifier.width = number;
                break;
            }
            _ => break,
        }
        first = false;
        rest.next();
    }
    if rest.next_if_eq(&'.').is_some() {
        specifier.precision = Some(number(rest)?);
    }
    Ok(specifier)
}

fn number(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<usize, String> {
    let mut digits = String::new();
    while let Some(digit) = rest.next_if(char::is_ascii_digit) {
        digits.push(digit);
    }
    let number = digits.parse().ok().filter(|number| *number <= WIDEST);
    number.ok_or_else(|| format!("`{digits}` is not a width or precision of a format"))
}

fn converted<'r>(
    heap: &Heap<'r>,
    value: &Value<'r>,
    conversion: char,
    specifier: &Specifier,
    most: usize,
) -> Result<String, String> {
    let wrong = || format!("`%{conversion}` does not take such a value");
    let null = matches!(value, Value::Null | Value::Missing);
    Ok(match (conversion, value) {
        ('b' | 'B', Value::Bool(value)) => cut(specifier, value.to_string()),
        ('b' | 'B', _) => cut(specifier, (!null).to_string()),
        ('s' | 'S', _) => {
            let mut text = String::new();
            print(heap, value, &mut text, most)?;
            cut(specifier, if null { "null".to_owned() } else { text })
        }
        (_, Value::Null | Value::Missing) => "null".to_owned(),
        ('h' | 'H', value) => cut(specifier, format!("{:x}", hash(heap, value)?)),
        ('c' | 'C', Value::Integer(code)) => {
            u32::try_from(*code).ok().and_then(char::from_u32).ok_or_else(wrong)?.to_string()
        }
        ('d', Value::Integer(number)) => signed(specifier, *number < 0, grouped(specifier, number.unsigned_abs())),
        #[expect(clippy::cast_possible_truncation, reason = "an Integer is written in its 32 bits, a Long in 64")]
        ('x' | 'X' | 'o', Value::Integer(number)) => match (i32::try_from(*number), conversion) {
            (Ok(number), 'o') => zeros(specifier, format!("{number:o}")),
            (Ok(number), _) => zeros(specifier, format!("{number:x}")),
            (Err(_), 'o') => zeros(specifier, format!("{:o}", *number as i64)),
            (Err(_), _) => zeros(specifier, format!("{:x}", *number as i64)),
        },
        ('f', Value::Double(_) | Value::Exact(_)) => {
            let number: f64 = match value {
                Value::Double(number) => *number,
                Value::Exact(text) => nearest_double(text).ok_or_else(wrong)?,
                _ => return Err(wrong()),
            };
            fixed(specifier, number)
        }
        _ => return Err(wrong()),
    })
}

fn cut(specifier: &Specifier, text: String) -> String {
    match specifier.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text,
    }
}

/// Half of the last digit is rounded up, of what the number prints as.
fn fixed(specifier: &Specifier, number: f64) -> String {
    let precision = specifier.precision.unwrap_or(6);
    let exact = format!("{}", number.abs());
    let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
    let text = match fraction.as_bytes().get(precision) {
        Some(next) => {
            let digits = format!("{whole}{}", &fraction[..precision]);
            let digits = if *next >= b'5' { increased(&digits) } else { digits };
            let point = digits.len() - precision;
            if precision == 0 { digits } else { format!("{}.{}", &digits[..point], &digits[point..]) }
        }
        None if precision == 0 => whole.to_owned(),
        None => format!("{whole}.{fraction:0<precision$}"),
    };
    let text = match text.split_once('.') {
        Some((whole, fraction)) if specifier.grouped => format!("{}.{fraction}", in_thousands(whole)),
        None if specifier.grouped => in_thousands(&text),
        _ => text,
    };
    signed(specifier, number.is_sign_negative(), text)
}

fn increased(digits: &str) -> String {
    let mut out: Vec<u8> = digits.bytes().collect();
    for digit in out.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return out.into_iter().map(char::from).collect();
        }
        *digit = b'0';
    }
    format!("1{}", out.into_iter().map(char::from).collect::<String>())
}

fn grouped(specifier: &Specifier, number: u128) -> String {
    let digits = number.to_string();
    if specifier.grouped { in_thousands(&digits) } else { digits }
}

fn in_thousands(digits: &str) -> String {
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn signed(specifier: &Specifier, negative: bool, digits: String) -> String {
    let (before, after) = match (negative, specifier.bracketed) {
        (true, true) => ("(", ")"),
        (true, false) => ("-", ""),
        (false, _) if specifier.plus => ("+", ""),
        (false, _) if specifier.space => (" ", ""),
        _ => ("", ""),
    };
    let room = specifier.width.saturating_sub(before.len() + after.len());
    let digits = if specifier.zero { format!("{digits:0>room$}") } else { digits };
    format!("{before}{digits}{after}")
}

fn zeros(specifier: &Specifier, digits: String) -> String {
    let room = specifier.width;
    if specifier.zero { format!("{digits:0>room$}") } else { digits }
}

fn pad(specifier: &Specifier, text: &str, out: &mut String) {
    let missing = specifier.width.saturating_sub(text.chars().count());
    if !specifier.left {
        out.extend(std::iter::repeat_n(' ', missing));
    }
    out.push_str(text);
    if specifier.left {
        out.extend(std::iter::repeat_n(' ', missing));
    }
}
