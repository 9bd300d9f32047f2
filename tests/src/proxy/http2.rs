//! The proxy to clients that speak HTTP/2.

use super::connection::Message;
use super::fault::Fault;
use super::http1::DELAY;
use super::schedule::Fate;
use super::server::Shared;
use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{Request, Response};
use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// What a request asks of the connection that it came on.
enum End {
    /// A reset.
    Reset,
    /// `GOAWAY`, and the end once all is answered.
    GoAway,
}

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>) -> Outcome {
    stream.set_nodelay(true)?;
    // However it ends, it ends with a reset.
    stream.set_zero_linger()?;
    let mut connection = h2::server::handshake(stream).await?;
    let (sender, mut ends) = mpsc::unbounded_channel();
    loop {
        tokio::select! {
            accepted = connection.accept() => match accepted {
                Some(accepted) => {
                    let (request, answer) = accepted?;
                    tokio::spawn(pass(request, answer, Arc::clone(&shared), sender.clone()));
                }
                None => return Ok(()),
            },
            end = ends.recv() => match end {
                Some(End::GoAway) => connection.graceful_shutdown(),
                Some(End::Reset) | None => return Ok(()),
            },
        }
    }
}

/// Passes one request on, and its answer back.
async fn pass(
    request: Request<RecvStream>,
    mut answer: SendResponse<Bytes>,
    shared: Arc<Shared>,
    ends: mpsc::UnboundedSender<End>,
) -> Outcome {
    let request = as_http1(request).await?;
    let mut fate = shared.fate(request.start(), request.body());
    fate.fault = fate.fault.filter(|fault| fault.fits_http2());
    match fate.fault {
        Some(Fault::ResetBefore) => {
            answer.send_reset(Reason::REFUSED_STREAM);
            return Ok(());
        }
        Some(Fault::ResetAmid) => {
            let mut upstream = shared.upstream.connect().await?;
            upstream.write(&request.bytes[..fate.cut(request.bytes.len())]).await?;
            upstream.reset();
            ends.send(End::Reset)?;
            return Ok(());
        }
        Some(Fault::DropRequest) => return silence(answer).await,
        _ => {}
    }
    let received = shared.upstream.exchange(&request.bytes, fate.fault == Some(Fault::Drip)).await?;
    match fate.fault {
        Some(Fault::ResetAfter) => answer.send_reset(Reason::CANCEL),
        Some(Fault::DropAnswer) => return silence(answer).await,
        Some(Fault::Late) => {
            tokio::time::sleep(shared.schedule.late).await;
            give(&mut answer, &received, &mut fate).await?;
        }
        Some(Fault::Delay) => {
            tokio::time::sleep(DELAY).await;
            give(&mut answer, &received, &mut fate).await?;
        }
        Some(Fault::Reorder) => {
            let received = shared.crossing.exchange(received).await;
            give(&mut answer, &received, &mut fate).await?;
        }
        Some(Fault::HalfClose) => {
            give(&mut answer, &received, &mut fate).await?;
            ends.send(End::GoAway)?;
        }
        _ => give(&mut answer, &received, &mut fate).await?,
    }
    Ok(())
}

/// Says nothing until the client gives the stream up.
async fn silence(mut answer: SendResponse<Bytes>) -> Outcome {
    std::future::poll_fn(|context| answer.poll_reset(context)).await?;
    Ok(())
}

/// Gives an answer: whole, in drops, or cut short.
async fn give(answer: &mut SendResponse<Bytes>, received: &Message, fate: &mut Fate) -> Outcome {
    let mut response = Response::builder().status(received.status().ok_or("the server speaks no HTTP/1.1")?);
    for (name, value) in received.headers() {
        if !["connection", "transfer-encoding"].iter().any(|own| name.eq_ignore_ascii_case(own)) {
            response = response.header(name, value);
        }
    }
    let body = Bytes::copy_from_slice(received.body());
    let mut stream = answer.send_response(response.body(())?, false)?;
    match fate.fault {
        Some(Fault::Truncate) => {
            let cut = fate.cut(body.len());
            stream.send_data(body.slice(..cut), false)?;
            // What was said before the reset is to arrive.
            tokio::time::sleep(DELAY).await;
            stream.send_reset(Reason::CANCEL);
        }
        Some(Fault::Drip) => {
            for at in (0..body.len()).step_by(7) {
                stream.send_data(body.slice(at..(at + 7).min(body.len())), false)?;
                tokio::task::yield_now().await;
            }
            stream.send_data(Bytes::new(), true)?;
        }
        _ => stream.send_data(body, true)?,
    }
    Ok(())
}

/// The request as HTTP/1.1 writes it.
async fn as_http1(request: Request<RecvStream>) -> Outcome<Message> {
    let (head, mut stream) = request.into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data?;
        stream.flow_control().release_capacity(data.len())?;
        body.extend_from_slice(&data);
    }
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = head.uri.authority().map_or("localhost", |authority| authority.as_str());
    let mut text = format!("{} {path} HTTP/1.1\r\nhost: {authority}\r\n", head.method);
    for (name, value) in &head.headers {
        if name != http::header::CONTENT_LENGTH {
            write!(text, "{name}: {}\r\n", value.to_str()?)?;
        }
    }
    write!(text, "content-length: {}\r\n\r\n", body.len())?;
    let head = text.len();
    Ok(Message::new([text.into_bytes(), body].concat(), head))
}
