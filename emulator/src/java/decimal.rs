//! `BigDecimal`, as far as 128 bits go.

/// Characters of the longest number that is read: 39 digits are 128 bits, and Java prints six zeros before them at most.
const LONGEST: usize = 48;

/// A decimal number: `unscaled` times ten to the power of `-scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    unscaled: i128,
    scale: u32,
}

impl Decimal {
    /// Reads digits with or without a point; `None` for an exponent, and beyond 128 bits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let unscaled = format!("{whole}{fraction}").parse().ok()?;
        Some(Self { unscaled, scale: u32::try_from(fraction.len()).ok()? })
    }

    fn scaled(self, scale: u32) -> Option<i128> {
        self.unscaled.checked_mul(10_i128.checked_pow(scale.checked_sub(self.scale)?)?)
    }

    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        Some((self.scaled(scale)?, other.scaled(scale)?, scale))
    }

    pub(crate) fn add(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.aligned(other)?;
        Some(Self { unscaled: left.checked_add(right)?, scale })
    }

    pub(crate) fn subtract(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.aligned(other)?;
        Some(Self { unscaled: left.checked_sub(right)?, scale })
    }

    pub(crate) fn multiply(self, other: Self) -> Option<Self> {
        let scale = self.scale.checked_add(other.scale)?;
        Some(Self { unscaled: self.unscaled.checked_mul(other.unscaled)?, scale })
    }

    /// With the scale of the dividend, half of a digit rounded down, as Velocity divides.
    pub(crate) fn divide(self, other: Self) -> Option<Self> {
        let dividend = self.unscaled.checked_mul(10_i128.checked_pow(other.scale)?)?;
        let (quotient, rest) = (dividend.checked_div(other.unscaled)?, dividend.checked_rem(other.unscaled)?);
        let up = rest.unsigned_abs() > other.unscaled.unsigned_abs() - rest.unsigned_abs();
        let away = if (dividend < 0) == (other.unscaled < 0) { 1 } else { -1 };
        Some(Self { unscaled: if up { quotient + away } else { quotient }, scale: self.scale })
    }

    pub(crate) fn compare(self, other: Self) -> Option<std::cmp::Ordering> {
        self.aligned(other).map(|(left, right, _)| left.cmp(&right))
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.unscaled < 0 { "-" } else { "" };
        let text = format!("{}{}E-{}", sign, self.unscaled.unsigned_abs(), self.scale);
        f.write_str(&super::number::decimal(&text).unwrap_or(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_count_as_javas_do() {
        let decimal = |text: &str| Decimal::parse(text).unwrap();
        let (x, one, two, three) = (decimal("0.1234567890123456789"), decimal("1"), decimal("2"), decimal("3"));
        for (result, expected) in [
            (x.add(one), "1.1234567890123456789"),
            (x.multiply(two), "0.2469135780246913578"),
            (x.subtract(one), "-0.8765432109876543211"),
            (x.divide(three), "0.0411522630041152263"),
            (one.divide(two), "0"),
            (three.divide(two), "1"),
            (decimal("1.0").divide(three), "0.3"),
            (decimal("-2.0").divide(three), "-0.7"),
        ] {
            assert_eq!(result.unwrap().to_string(), expected);
        }
        assert_eq!(decimal("1.10").compare(decimal("1.1")), Some(std::cmp::Ordering::Equal));
        assert_eq!(one.divide(decimal("0")), None);
        assert_eq!(Decimal::parse("1e5"), None);
    }
}
