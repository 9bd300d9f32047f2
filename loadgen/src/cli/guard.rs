//! Streams that repeat no secret of the command line, whatever was mistyped around it.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use crate::authorization::{Secrets, is_word, says_secret, shown_header};

/// A stream that holds a line back until it is whole, and then passes it on without secrets.
pub(super) struct Guard<'io> {
    inner: &'io mut dyn Write,
    secrets: Secrets,
    held: Vec<u8>,
}

impl<'io> Guard<'io> {
    pub(super) fn new(inner: &'io mut dyn Write, secrets: Secrets) -> Self {
        Self { inner, secrets, held: Vec::new() }
    }

    fn pass(&mut self, length: usize) -> io::Result<()> {
        let rest = self.held.split_off(length);
        let passed = std::mem::replace(&mut self.held, rest);
        self.inner.write_all(self.secrets.scrub(&String::from_utf8_lossy(&passed)).as_bytes())
    }
}

impl Write for Guard<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.secrets.is_empty() {
            return self.inner.write(bytes);
        }
        self.held.extend_from_slice(bytes);
        if let Some(end) = self.held.iter().rposition(|byte| *byte == b'\n') {
            self.pass(end + 1)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass(self.held.len())?;
        self.inner.flush()
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // Nobody may be listening.
        let _ = self.flush();
    }
}

/// What of the command line may be a secret: values of headers whose names say so, headers that are none, what follows one
/// that lacks its quotes, passwords and queries of URLs, and a credential in the place of `--auth`'s word.
pub(super) fn secrets_of(arguments: &[OsString]) -> Secrets {
    let words: Vec<String> = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let mut found: Vec<&str> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).map(String::as_str);
        if let Some((header, after)) = value_of(word, next, &["-H", "-kH", "--header"]) {
            let (name, value) = header.split_once(':').unwrap_or_default();
            if shown_header(header) != header && (says_secret(name) || !name.bytes().all(|b| b.is_ascii_graphic())) {
                found.push(value.trim());
                found.extend(value.split([' ', ';', ',', '=']));
            }
            if name.is_empty() {
                found.push(header);
                found.extend(header.split([' ', ':', '=']));
            }
            if name.is_empty() || value.trim().is_empty() && says_secret(name) {
                let follows = words[at + 1 + after..].iter().take_while(|word| !word.starts_with('-'));
                found.extend(follows.map(String::as_str).filter(|word| !Path::new(word).exists()));
            }
        }
        if let Some((auth, _)) = value_of(word, next, &["--auth"]).filter(|(auth, _)| !is_word(auth)) {
            found.push(auth);
            found.extend(auth.split_whitespace());
        }
        if let Some((_, after)) = word.split_once("://") {
            let (place, query) = after.split_once('?').unwrap_or((after, ""));
            found.extend(credentials(place.split('/').next().unwrap_or_default()));
            found.push(query);
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            found.extend(pairs.filter(|(name, _)| says_secret(name)).map(|(_, value)| value));
        } else if let Some((proxy, _)) = value_of(word, next, &["-x", "-kx", "--proxy"]) {
            found.extend(credentials(proxy));
        }
    }
    Secrets::of(found)
}

/// The value of an option that a word is, and how many further words it takes.
fn value_of<'w>(word: &'w str, next: Option<&'w str>, names: &[&str]) -> Option<(&'w str, usize)> {
    names.iter().find_map(|name| match word.strip_prefix(name)? {
        "" => Some((next?, 1)),
        value if name.starts_with("--") => value.strip_prefix('=').map(|value| (value, 0)),
        value => Some((value.strip_prefix('=').unwrap_or(value), 0)),
    })
}

/// The user name and the password before a host.
fn credentials(place: &str) -> impl Iterator<Item = &str> {
    let pair = place.rsplit_once('@').map(|(pair, _)| pair);
    pair.into_iter().flat_map(|pair| std::iter::once(pair).chain(pair.split_once(':').map(|(_, password)| password)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[&str], text: &str) -> String {
        let mut out = Vec::new();
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let mut guard = Guard::new(&mut out, secrets_of(&words));
        // In whatever pieces it comes.
        text.as_bytes().chunks(3).for_each(|piece| guard.write_all(piece).unwrap());
        drop(guard);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn whatever_was_mistyped_is_not_repeated() {
        for words in [
            &["-H", "authorization hushhush"][..],
            &["-H", "X-Api-Key: hushhush"],
            &["-Hcookie: id=hushhush"],
            &["-kH", "x-token: hushhush"],
            &["--header=Authorization: Bearer hushhush"],
            &["-H", "Authorization:", "Bearer", "hushhush", "--rps", "5"],
            &["-H", "Authorization", "hushhush"],
            &["--url", "http://h/x?token=hushhush"],
            &["-x", "me:hushhush@proxy:1"],
            &["--proxy=http://me:hushhush@proxy:1"],
            &["--auth", "Bearer hushhush"],
        ] {
            assert_eq!(said(words, "error: hushhush!\nand hushhush"), "error: [secret]!\nand [secret]", "{words:?}");
        }
    }

    #[test]
    fn what_is_no_secret_is_passed_on_as_it_is() {
        let words = [
            "run",
            "-H",
            "content-type: text/plain",
            "--url",
            "https://h/production?stage=production",
            "--auth",
            "sigv4",
        ];
        let text = "POST https://h/production?… text/plain sigv4\n";
        assert_eq!(said(&words, text), text);
    }
}
