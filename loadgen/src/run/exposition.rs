//! Serves the figures of a run in progress to whoever scrapes them: `GET /metrics` and nothing else.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use super::metrics::Metrics;

/// Longest wait for a scraper's request, and for it to take the answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Longest request: a scraper's head is far shorter.
const LONGEST: usize = 8 << 10;

/// Serves `metrics` until the process ends, one scrape after the other. Returns where, for a port of 0.
///
/// # Errors
/// The operating system gives no thread.
pub(super) fn expose(listener: TcpListener, metrics: Metrics) -> io::Result<SocketAddr> {
    let address = listener.local_addr()?;
    thread::Builder::new().name("metrics".into()).spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // A scraper that went away is no news to the run.
            let _ = answer(stream, &metrics);
        }
    })?;
    Ok(address)
}

fn answer(mut stream: TcpStream, metrics: &Metrics) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut request = Vec::new();
    let mut buffer = [0; 1 << 10];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            _ if request.len() > LONGEST => return Ok(()),
            length => request.extend_from_slice(&buffer[..length]),
        }
    }
    let (status, kind, body) = match line(&request) {
        (Some("GET"), Some("/metrics")) => {
            ("200 OK", "application/openmetrics-text; version=1.0.0; charset=utf-8", metrics.text())
        }
        (Some("GET"), _) => ("404 Not Found", "text/plain", "the metrics are at /metrics\n".into()),
        _ => ("405 Method Not Allowed", "text/plain", "GET /metrics\n".into()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Method and path of a request, the path without its query.
fn line(request: &[u8]) -> (Option<&str>, Option<&str>) {
    let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let mut words = str::from_utf8(line).unwrap_or_default().split(' ');
    (words.next(), words.next().and_then(|path| path.split('?').next()))
}
