//! Task tokens: what `$$.Task.Token` gives and `SendTaskSuccess` sends back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::Key;

/// What is hashed into the tokens of one service, so that nobody can make one up, and none outlives the executions that it was
/// given out for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TokenSecret(pub(crate) u64);

/// A task token, taken apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TaskToken {
    execution: u64,
    key: Key,
    mark: [u8; 16],
}

impl TaskToken {
    /// The token of a wait of the execution with that number.
    pub(crate) fn of(execution: u64, key: Key, secret: TokenSecret) -> Self {
        let mut hash = Sha256::new();
        hash.update(secret.0.to_be_bytes());
        hash.update(Self { execution, key, mark: [0; 16] }.bytes());
        let mut mark = [0; 16];
        mark.copy_from_slice(&hash.finalize()[..16]);
        Self { execution, key, mark }
    }

    fn bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.execution.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.key.branch.to_be_bytes());
        bytes[12..16].copy_from_slice(&self.key.serial.to_be_bytes());
        bytes[16..].copy_from_slice(&self.mark);
        bytes
    }

    /// As it is given out.
    pub(crate) fn text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes())
    }

    /// What has the form of a token.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let number = |from: usize| bytes[from..from + 4].iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        let execution = u64::from(number(0)) << 32 | u64::from(number(4));
        let mut mark = [0; 16];
        mark.copy_from_slice(&bytes[16..]);
        Some(Self { execution, key: Key { branch: number(8), serial: number(12) }, mark })
    }

    /// The number of the execution, and the wait, if the token was given out with this secret.
    pub(crate) fn stands_for(self, secret: TokenSecret) -> Option<(u64, Key)> {
        let given_out = Self::of(self.execution, self.key, secret);
        (given_out.mark == self.mark).then_some((self.execution, self.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stands_for_its_wait_where_it_was_given_out_and_nowhere_else() {
        let (key, secret) = (Key { branch: 1 << 20, serial: 3 }, TokenSecret(7));
        let token = TaskToken::of(5 << 40, key, secret);
        let read = TaskToken::read(&token.text()).unwrap();
        assert_eq!(read.stands_for(secret), Some((5 << 40, key)));
        assert_eq!(read.stands_for(TokenSecret(8)), None, "a restart has another secret");
        let others = TaskToken { execution: 6 << 40, ..read };
        assert_eq!(others.stands_for(secret), None, "nobody can make up the token of another execution");
        assert!(TaskToken::read("AAAAAAAAAAAAAAAAAAAAAQ").is_none() && TaskToken::read("made up").is_none());
    }
}
