//! `String.format`: the conversions of text, characters, booleans and numbers.

use super::super::heap::Heap;
use super::super::print::print;
use super::super::value::Value;
use super::hash::hash;
use super::units::{cut, units};
use crate::java::{lone, nearest_double};

/// Most characters that a width or a precision may ask for.
const WIDEST: usize = 10_000;
/// Units of work that a conversion costs beside its characters.
const CONVERSION: usize = 200;
/// Units that the 309 digits of the largest number with a fraction cost.
const FIXED: usize = 3_000;

/// One `%…`.
#[derive(Debug, Default)]
struct Specifier {
    index: Option<Index>,
    flags: String,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Which argument a conversion takes, other than the next one.
#[derive(Debug, Clone, Copy)]
enum Index {
    At(usize),
    Same,
}

impl Specifier {
    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    /// Whether Java has such a conversion with such flags.
    fn stands(&self, conversion: char) -> bool {
        let (flags, exact) = match conversion {
            'b' | 'B' | 'h' | 'H' | 's' | 'S' => ("-", true),
            'c' | 'C' | '%' => ("-", false),
            'd' => ("-+ 0,(", false),
            'o' | 'x' | 'X' => ("-#+ 0(", false),
            'e' | 'E' => ("-#+ 0(", true),
            'f' => ("-#+ 0,(", true),
            'g' | 'G' => ("-+ 0,(", true),
            'n' => ("", false),
            _ => return false,
        };
        let twice = self.flags.chars().any(|flag| self.flags.matches(flag).count() > 1);
        let both = |left, right| self.has(left) && self.has(right);
        let fills = self.has('-') || self.has('0');
        !twice
            && self.flags.chars().all(|flag| flags.contains(flag))
            && !both('+', ' ')
            && !both('-', '0')
            && (self.width.is_some() || !fills)
            && (self.width.is_none() || conversion != 'n')
            && (self.precision.is_none() || exact)
    }
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
    let (mut next, mut last) = (0, None);
    while let Some(character) = rest.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        let specifier = specifier(&mut rest)?;
        let conversion = rest.next().ok_or("a format ends in the middle of a conversion")?;
        if !specifier.stands(conversion) {
            return Err(format!("a format has no conversion `%{}{conversion}`", specifier.flags));
        }
        let width = specifier.width.unwrap_or(0);
        let digits = if "efg".contains(conversion.to_ascii_lowercase()) {
            FIXED + 8 * specifier.precision.unwrap_or(0)
        } else {
            0
        };
        heap.budget.work(CONVERSION + digits + 4 * width)?;
        match conversion {
            'n' => out.push('\n'),
            '%' => pad(&specifier, "%", &mut out),
            _ => {
                let at = match specifier.index {
                    Some(Index::At(at)) => Some(at),
                    Some(Index::Same) => last,
                    None => {
                        next += 1;
                        Some(next - 1)
                    }
                };
                last = at;
                // A single null is no list of arguments in Java, and every conversion finds null in it.
                let value = at.and_then(|at| arguments.get(if matches!(arguments, [Value::Null]) { 0 } else { at }));
                let value = value.ok_or_else(|| format!("no argument for `%{conversion}`"))?;
                let text = converted(heap, value, conversion, &specifier, most)?;
                let upper = conversion.is_ascii_uppercase();
                heap.budget.work(text.len() * if upper { 6 } else { 1 })?;
                heap.budget.room(text.len() * if upper { 3 } else { 1 })?;
                let text = if upper { text.to_uppercase() } else { text };
                if out.len() + text.len() + width > most {
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
    if rest.next_if_eq(&'<').is_some() {
        specifier.index = Some(Index::Same);
    } else if rest.peek().is_some_and(|next| ('1'..='9').contains(next)) {
        let number = number(rest)?;
        if rest.next_if_eq(&'$').is_none() {
            specifier.width = Some(number);
        } else {
            specifier.index = Some(Index::At(number - 1));
        }
    }
    if specifier.width.is_none() {
        while let Some(flag) = rest.next_if(|next| "-#+ 0,(<".contains(*next)) {
            if flag == '<' {
                specifier.index = Some(Index::Same);
            } else {
                specifier.flags.push(flag);
            }
        }
        if rest.peek().is_some_and(char::is_ascii_digit) {
            specifier.width = Some(number(rest)?);
        }
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
    Ok(match (conversion.to_ascii_lowercase(), value) {
        ('b', Value::Bool(value)) => shortened(specifier, value.to_string())?,
        ('b', _) => shortened(specifier, (!null).to_string())?,
        _ if null => shortened(specifier, "null".to_owned())?,
        ('s', _) => {
            let mut text = String::new();
            print(heap, value, &mut text, most)?;
            shortened(specifier, text)?
        }
        ('h', value) => shortened(specifier, format!("{:x}", hash(heap, value)?))?,
        ('c', Value::Integer(code)) => {
            u32::try_from(*code).ok().filter(|code| *code <= 0x10_FFFF).map(lone).ok_or_else(wrong)?.to_string()
        }
        ('d', Value::Integer(number)) => {
            let digits = number.unsigned_abs().to_string();
            let digits = if specifier.has(',') { in_thousands(&digits) } else { digits };
            signed(specifier, *number < 0, "", &digits)
        }
        (radix @ ('x' | 'o'), Value::Integer(number)) => {
            let long = i64::try_from(*number);
            if long.is_ok() && specifier.flags.contains(['+', ' ', '(']) {
                return Err(wrong());
            }
            // An Integer is written in its 32 bits, a Long in 64; what is larger has a sign.
            let bits = match (i32::try_from(*number), long) {
                (Ok(number), _) => number.cast_unsigned().into(),
                (_, Ok(number)) => number.cast_unsigned().into(),
                _ => number.unsigned_abs(),
            };
            let (digits, mark) = if radix == 'x' { (format!("{bits:x}"), "0x") } else { (format!("{bits:o}"), "0") };
            signed(specifier, long.is_err() && *number < 0, if specifier.has('#') { mark } else { "" }, &digits)
        }
        ('e' | 'f' | 'g', Value::Double(_) | Value::Exact(_)) => {
            let number: f64 = match value {
                Value::Double(number) => *number,
                Value::Exact(text) if text.contains(['.', 'E']) => nearest_double(text).ok_or_else(wrong)?,
                _ => return Err(wrong()),
            };
            fraction(specifier, conversion.to_ascii_lowercase(), number)
        }
        _ => return Err(wrong()),
    })
}

/// As much of a text as the precision allows.
fn shortened(specifier: &Specifier, text: String) -> Result<String, String> {
    match specifier.precision {
        Some(precision) if precision < units(&text) => cut(&text, 0, Some(precision as i128)),
        _ => Ok(text),
    }
}

/// `%e`, `%f` or `%g`.
fn fraction(specifier: &Specifier, conversion: char, number: f64) -> String {
    let negative = number.is_sign_negative() && !number.is_nan();
    if !number.is_finite() {
        let word = if number.is_nan() { "NaN" } else { "Infinity" };
        let spaced = Specifier { flags: specifier.flags.replace('0', ""), ..Specifier::default() };
        let spaced = if number.is_nan() { Specifier::default() } else { spaced };
        return signed(&spaced, negative, "", word);
    }
    let (size, precision) = (number.abs(), specifier.precision.unwrap_or(6));
    let mut text = match conversion {
        'f' => fixed(size, precision),
        'e' => scientific(size, precision),
        _ => {
            let precision = precision.max(1);
            let rounded = scientific(size, precision - 1);
            let exponent: i32 = rounded.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
            match usize::try_from(exponent) {
                _ if size == 0.0 => fixed(size, precision - 1),
                Ok(exponent) if exponent < precision => fixed(size, precision - 1 - exponent),
                Err(_) if exponent >= -4 => fixed(size, precision - 1 + exponent.unsigned_abs() as usize),
                _ => rounded,
            }
        }
    };
    if specifier.has('#') && !text.contains('.') {
        text.insert(text.find('e').unwrap_or(text.len()), '.');
    }
    if specifier.has(',') {
        let whole = text.find(['.', 'e']).unwrap_or(text.len());
        text = in_thousands(&text[..whole]) + &text[whole..];
    }
    signed(specifier, negative, "", &text)
}

/// The digits of a number and, as a power of ten, the place of the first, which is not zero.
fn digits_of(number: f64) -> (String, i32) {
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (digits.replace('.', ""), exponent.parse().unwrap_or(0))
}

/// With one digit before the point and an exponent of two digits at least.
fn scientific(number: f64, precision: usize) -> String {
    let (mut digits, mut exponent) = digits_of(number);
    if let Some(next) = digits.as_bytes().get(precision + 1) {
        let up = *next >= b'5';
        digits.truncate(precision + 1);
        if up {
            digits = increased(&digits);
        }
        exponent += i32::from(digits.len() > precision + 1);
        digits.truncate(precision + 1);
    }
    let (first, rest) = digits.split_at(1);
    let point = if precision > 0 { "." } else { "" };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest:0<precision$}e{sign}{:02}", exponent.unsigned_abs())
}

/// Half of the last digit is rounded up, of what the number prints as.
fn fixed(number: f64, precision: usize) -> String {
    let exact = format!("{number}");
    let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
    match fraction.as_bytes().get(precision) {
        Some(next) => {
            let digits = format!("{whole}{}", &fraction[..precision]);
            let digits = if *next >= b'5' { increased(&digits) } else { digits };
            let point = digits.len() - precision;
            if precision == 0 { digits } else { format!("{}.{}", &digits[..point], &digits[point..]) }
        }
        None if precision == 0 => whole.to_owned(),
        None => format!("{whole}.{fraction:0<precision$}"),
    }
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
/// Digits behind their sign and mark, filled up with zeros where there is a flag for that.
fn signed(specifier: &Specifier, negative: bool, mark: &str, digits: &str) -> String {
    let (before, after) = match (negative, specifier.has('(')) {
        (true, true) => ("(", ")"),
        (true, false) => ("-", ""),
        (false, _) if specifier.has('+') => ("+", ""),
        (false, _) if specifier.has(' ') => (" ", ""),
        _ => ("", ""),
    };
    let width = if specifier.has('0') { specifier.width.unwrap_or(0) } else { 0 };
    let room = width.saturating_sub(before.len() + mark.len() + after.len());
    format!("{before}{mark}{digits:0>room$}{after}")
}

fn pad(specifier: &Specifier, text: &str, out: &mut String) {
    let missing = specifier.width.unwrap_or(0).saturating_sub(units(text));
    let left = specifier.has('-');
    out.extend(std::iter::repeat_n(' ', if left { 0 } else { missing }));
    out.push_str(text);
    out.extend(std::iter::repeat_n(' ', if left { missing } else { 0 }));
}
