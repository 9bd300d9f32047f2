//! What the page may do: draw itself, and run its own script. Nothing is loaded, nothing is sent.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// What stands in the head of the page. The policy allows this style and this script by their hashes and nothing else:
/// markup that a hostile text brought in would neither run nor load anything, even if it were not inert.
pub(super) fn head() -> String {
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{style}'; script-src \
         '{script}'; img-src data:; base-uri 'none'; form-action 'none'\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <meta name=\"referrer\" content=\"no-referrer\"/>\n\
         <link rel=\"icon\" href=\"data:,\"/>\n\
         <style>{STYLE}</style>\n"
    )
}

/// The script, after everything that it works on.
pub(super) fn script() -> String {
    format!("<script>{SCRIPT}</script>\n")
}

fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}
