//! The proxy to clients that speak HTTP/1.1.

use super::connection::{Connection, Message};
use super::fault::Fault;
use super::server::Shared;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long a delayed answer takes.
pub(super) const DELAY: Duration = Duration::from_millis(10);

pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    let mut client = Connection::new(stream)?;
    let mut repeated: Option<Message> = None;
    while let Some(request) = client.message().await? {
        let mut fate = shared.fate(request.start(), request.body());
        if let Some(answer) = repeated.take() {
            client.write(&answer.bytes).await?;
        }
        match fate.fault {
            Some(Fault::ResetBefore) => {
                client.reset();
                return Ok(());
            }
            Some(Fault::ResetAmid) => {
                let mut upstream = shared.upstream.connect().await?;
                upstream.write(&request.bytes[..fate.cut(request.bytes.len())]).await?;
                upstream.reset();
                client.reset();
                return Ok(());
            }
            Some(Fault::DropRequest) => {
                client.ignore().await;
                return Ok(());
            }
            _ => {}
        }
        let answer = shared.upstream.exchange(&request.bytes, fate.fault == Some(Fault::Drip)).await?;
        match fate.fault {
            Some(Fault::ResetAfter) => {
                client.reset();
                return Ok(());
            }
            Some(Fault::Truncate) => return client.write(&answer.bytes[..fate.cut(answer.bytes.len())]).await,
            Some(Fault::Double) => {
                client.write(&[&answer.bytes[..], &answer.bytes].concat()).await?;
            }
            Some(Fault::Repeat) => {
                client.write(&answer.bytes).await?;
                repeated = Some(answer);
            }
            Some(Fault::Late | Fault::Delay) => {
                let late = fate.fault == Some(Fault::Late);
                tokio::time::sleep(if late { shared.schedule.late } else { DELAY }).await;
                client.write(&answer.bytes).await?;
            }
            Some(Fault::DropAnswer) => {
                client.ignore().await;
                return Ok(());
            }
            Some(Fault::Reorder) => {
                let answer = shared.crossing.exchange(answer).await;
                client.write(&answer.bytes).await?;
            }
            Some(Fault::Drip) => client.drip(&answer.bytes).await?,
            Some(Fault::HalfClose) => {
                client.write(&answer.bytes).await?;
                client.finish().await?;
                client.ignore().await;
                return Ok(());
            }
            _ => client.write(&answer.bytes).await?,
        }
    }
    Ok(())
}
