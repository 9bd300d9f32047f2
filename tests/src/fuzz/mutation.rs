//! Inputs that nearly make sense: a seed, changed in a few places.

/// What has stopped parsers before.
const WORDS: &[&str] = &[
    "1e400000000",
    "-0",
    "99999999999999999999",
    "18446744073709551615",
    "\u{0}",
    "\u{feff}",
    "\\ud800",
    "é",
    "😀",
    "${",
    "}}",
    "{% ",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((",
    "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":",
    "(a+)+$",
    "$..*",
    "*a",
    "&a [*a]",
    "\r\n",
    "\n\n",
];
/// Longest input.
const LONGEST: usize = 64 * 1024;

/// An endless row of mutations, the same for the same seed.
#[derive(Debug)]
pub struct Mutations {
    seeds: Vec<Vec<u8>>,
    chance: fastrand::Rng,
}

impl Mutations {
    /// Of these inputs.
    #[must_use]
    pub fn new(seeds: Vec<Vec<u8>>, seed: u64) -> Self {
        Self { seeds, chance: fastrand::Rng::with_seed(seed) }
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.chance.usize(..=input.len());
        let end = (at + self.chance.usize(..32)).min(input.len());
        match self.chance.u8(..7) {
            0 => drop(input.drain(at..end)),
            1 => {
                let piece = input[at..end].to_vec();
                let copies = 1 << self.chance.u32(..8);
                input.splice(at..at, piece.repeat(copies));
            }
            2 => {
                let word = WORDS[self.chance.usize(..WORDS.len())];
                input.splice(at..at, word.bytes());
            }
            3 => {
                let word = WORDS[self.chance.usize(..WORDS.len())];
                input.splice(at..end, word.bytes());
            }
            4 => input[at..end].iter_mut().take(1).for_each(|byte| *byte ^= 1 << self.chance.u8(..8)),
            5 => input.truncate(at),
            _ => {
                let other = &self.seeds[self.chance.usize(..self.seeds.len())];
                let from = self.chance.usize(..=other.len());
                input.splice(at.., other[from..].iter().copied());
            }
        }
    }
}

impl Iterator for Mutations {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut input = self.seeds.get(self.chance.usize(..self.seeds.len().max(1)))?.clone();
        for _ in 0..self.chance.usize(1..6) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        Some(input)
    }
}
