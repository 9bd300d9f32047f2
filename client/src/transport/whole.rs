use super::{MAX_ANSWER, TransportError};
use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;

/// The body of an answer, up to [`MAX_ANSWER`] bytes. A refusal that comes after the head of an answer is none, so `broken`
/// makes none of an error.
pub(super) async fn whole<B>(
    mut body: B,
    broken: impl FnOnce(B::Error) -> TransportError,
) -> Result<Bytes, TransportError>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut whole = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return Err(broken(error)),
        };
        let Ok(data) = frame.into_data() else { continue };
        if whole.len() + joined.len() + data.len() > MAX_ANSWER {
            return Err(TransportError::too_large());
        }
        // Most answers are one frame, which is kept as it came.
        if whole.is_empty() && joined.is_empty() {
            whole = data;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut whole));
            joined.extend_from_slice(&data);
        }
    }
    Ok(if joined.is_empty() { whole } else { joined.freeze() })
}
