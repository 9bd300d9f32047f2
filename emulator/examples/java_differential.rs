//! Renders mapping templates for `tests/referees/java-differential`, which asks Java the same. Reads lines of JSON,
//! `[template, body]`; after an empty line it answers each that came before with a line of JSON: the text, or in a list why
//! there is none.

use std::error::Error;
use std::io::{self, BufRead, BufWriter, Write};

use serde_json::json;
use stepgate_emulator::fuzzing;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut batch = Vec::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        if !line.is_empty() {
            batch.push(line);
            continue;
        }
        for line in batch.drain(..) {
            let [template, body]: [String; 2] = serde_json::from_str(&line)?;
            let answer = match fuzzing::rendered(&template, &body) {
                Ok(text) => json!(text),
                Err(reason) => json!([reason]),
            };
            writeln!(out, "{answer}")?;
        }
        out.flush()?;
    }
    Ok(())
}
