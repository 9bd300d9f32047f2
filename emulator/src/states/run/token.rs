//! Task tokens: what `$$.Task.Token` gives and `SendTaskSuccess` sends back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Key;

/// The text that stands for a wait in `$$.Task.Token`.
pub(crate) fn token(execution: u64, key: Key) -> String {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&execution.to_be_bytes());
    bytes[8..12].copy_from_slice(&key.branch.to_be_bytes());
    bytes[12..].copy_from_slice(&key.serial.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a task token stands for: the number of the execution, and the wait.
pub(crate) fn read_token(text: &str) -> Option<(u64, Key)> {
    let bytes: [u8; 16] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let number = |from: usize| bytes[from..from + 4].iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
    let execution = u64::from(number(0)) << 32 | u64::from(number(4));
    Some((execution, Key { branch: number(8), serial: number(12) }))
}
