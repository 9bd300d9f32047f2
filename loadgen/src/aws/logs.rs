//! What Lambda itself writes to CloudWatch Logs.

/// What CloudWatch Logs adds to the bytes of an event (`PutLogEvents`, API reference).
const EVENT: usize = 26;

/// Bytes of the three lines of an invocation, START, END and REPORT ("How CloudWatch structures logs", Lambda operator
/// guide), for a request that X-Ray does not sample.
pub(super) fn platform_bytes(length_ms: u64, megabytes: u32) -> u64 {
    let (id, billed) = ("8fc6f963-411b-58b5-8483-a32130c0f45d", length_ms.max(1));
    let lines = [
        format!("START RequestId: {id} Version: $LATEST\n"),
        format!("END RequestId: {id}\n"),
        format!(
            "REPORT RequestId: {id}\tDuration: {billed}.00 ms\tBilled Duration: {billed} ms\tMemory Size: {megabytes} MB\t\
             Max Memory Used: {megabytes} MB\t\n"
        ),
    ];
    line_bytes(&lines)
}

/// What CloudWatch Logs counts of lines of text.
#[must_use]
pub(crate) fn line_bytes(lines: &[String]) -> u64 {
    lines.iter().map(|line| (line.len() + EVENT) as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_lines_are_written_for_an_invocation() {
        // 71 + 52 + 142 bytes, each with 26 more.
        assert_eq!(platform_bytes(23, 128), 343);
        assert_eq!(line_bytes(&["abc".into(), String::new()]), 3 + 2 * 26);
    }
}
