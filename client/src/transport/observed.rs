use super::Progress;
use http_body::{Body, Frame, SizeHint};
use std::error::Error as StdError;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Any body, reporting to a [`Progress`] when the HTTP stack takes it, and refusing to be taken once the attempt has ended
/// without it.
///
/// hyper, and what is built on it, asks for the body only once it has a connection, and writes the head no earlier; at
/// most the head leaves without the body, which starts nothing. So set [`Phase::Connecting`](super::Phase::Connecting)
/// before you send: if the stack never asks for the body, nothing was sent, and if it asks too late, it gets
/// [`Abandoned`](super::Abandoned) as an error and ends the connection or the stream.
///
/// Of an empty body a stack asks only whether it is at its end, which counts as taking it. A stack that looks at the
/// [`size_hint`](Body::size_hint) alone sends an empty body unseen: leave such a request at
/// [`Phase::Sending`](super::Phase::Sending).
///
/// ```
/// use bytes::Bytes;
/// use stepgate::transport::{ObservedBody, Phase, Progress};
///
/// # fn doc<B: http_body::Body<Data = Bytes> + Unpin>(request: http::Request<B>) {
/// let progress = Progress::new();
/// progress.set(Phase::Connecting);
/// let request = request.map(|body| ObservedBody::new(body, progress.clone()));
/// // … hand `request` to the HTTP stack; `progress` tells how far it came.
/// # }
/// ```
#[derive(Debug)]
pub struct ObservedBody<B> {
    inner: B,
    progress: Progress,
}

impl<B> ObservedBody<B> {
    /// Reports to `progress` what becomes of `inner`.
    pub const fn new(inner: B, progress: Progress) -> Self {
        Self { inner, progress }
    }
}

impl<B> Body for ObservedBody<B>
where
    B: Body + Unpin,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Data = B::Data;
    type Error = Box<dyn StdError + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        // Whoever asks for the first frame has a connection to write it to.
        if let Err(abandoned) = self.progress.begin_sending() {
            return Poll::Ready(Some(Err(abandoned.into())));
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        if frame.is_none() || self.inner.is_end_stream() {
            self.progress.sent();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    /// Of a body that was abandoned never, so that it is asked for a frame, and refuses.
    fn is_end_stream(&self) -> bool {
        if self.inner.is_end_stream() { self.progress.begin_sending().is_ok() } else { false }
    }

    fn size_hint(&self) -> SizeHint {
        // As long as it was said to be, an abandoned body that is empty would be sent without being asked for.
        if self.progress.is_abandoned() { SizeHint::default() } else { self.inner.size_hint() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{Abandoned, Phase};
    use bytes::Bytes;
    use std::convert::Infallible;
    use std::task::Waker;

    /// A body of some frames, the last of which ends it.
    struct Frames(Vec<&'static str>);

    impl Body for Frames {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(self.0.pop().map(|data| Ok(Frame::data(data.into()))))
        }

        fn is_end_stream(&self) -> bool {
            self.0.is_empty()
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.0.iter().map(|data| data.len() as u64).sum())
        }
    }

    fn connecting(frames: &[&'static str]) -> (ObservedBody<Frames>, Progress) {
        let progress = Progress::new();
        progress.set(Phase::Connecting);
        (ObservedBody::new(Frames(frames.to_vec()), progress.clone()), progress)
    }

    fn next(body: &mut ObservedBody<Frames>) -> Option<Result<Bytes, Abandoned>> {
        let Poll::Ready(frame) = Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop())) else {
            panic!("frames are ready");
        };
        frame.map(|frame| match frame {
            Ok(frame) => Ok(frame.into_data().unwrap()),
            Err(error) => Err(*error.downcast_ref().unwrap()),
        })
    }

    #[test]
    fn a_body_that_is_taken_before_the_end_may_have_started_an_execution() {
        let (mut body, progress) = connecting(&["b", "a"]);
        assert_eq!(progress.phase(), Phase::Connecting);
        assert_eq!(next(&mut body), Some(Ok("a".into())));
        assert_eq!((progress.abandon(), next(&mut body)), (Phase::Sending, Some(Ok("b".into()))));
        assert_eq!((progress.abandon(), next(&mut body)), (Phase::Waiting, None));
    }

    #[test]
    fn a_body_that_is_asked_for_after_the_end_is_refused() {
        for frames in [&["a"][..], &[]] {
            let (mut body, progress) = connecting(frames);
            assert_eq!(progress.abandon(), Phase::Connecting);
            // Whatever a stack asks first, it has to ask for a frame.
            assert!(!body.is_end_stream());
            assert_eq!((body.size_hint().lower(), body.size_hint().exact()), (0, None));
            for _ in 0..2 {
                assert_eq!(next(&mut body), Some(Err(Abandoned)));
            }
            assert_eq!(progress.phase(), Phase::Connecting);
        }
    }

    #[test]
    fn an_empty_body_is_taken_by_asking_whether_it_is_at_its_end() {
        let (body, progress) = connecting(&[]);
        assert!(body.is_end_stream());
        assert_eq!(progress.abandon(), Phase::Sending);
    }

    #[test]
    fn an_answer_that_came_before_the_request_had_an_end_is_not_forgotten() {
        let (mut body, progress) = connecting(&["b", "a"]);
        assert_eq!(next(&mut body), Some(Ok("a".into())));
        progress.set(Phase::Reading);
        assert_eq!((next(&mut body), progress.phase()), (Some(Ok("b".into())), Phase::Reading));
    }
}
