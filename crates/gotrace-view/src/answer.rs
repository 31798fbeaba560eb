//! Answers to requests.

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use serde::Serialize;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The type of its body.
    pub(crate) kind: &'static str,
    pub(crate) body: Content,
    /// The name under which a browser saves it, if it is to be saved.
    pub(crate) file: Option<String>,
}

pub(crate) const JSON: &str = "application/json";
pub(crate) const BINARY: &str = "application/octet-stream";
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

impl Answer {
    /// An answer that is whole.
    pub(crate) fn of(kind: &'static str, body: Bytes) -> Answer {
        Answer { status: 200, kind, body: Content::Whole(Some(body)), file: None }
    }

    /// An answer that serializes.
    pub(crate) fn json(value: &impl Serialize) -> Result<Answer, Failure> {
        Ok(Answer::of(JSON, to_json(value)?))
    }

    /// An answer that comes piece by piece.
    pub(crate) fn stream(pieces: mpsc::Receiver<Bytes>) -> Answer {
        Answer { status: 200, kind: BINARY, body: Content::Pieces(pieces), file: None }
    }
}

/// Writes JSON for the page.
pub(crate) fn to_json(value: &impl Serialize) -> Result<Bytes, Failure> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|e| Failure::new(500, e.to_string()))
}

/// Reason why there is no answer.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    error: String,
    /// Offset of the defect of the trace that is the reason.
    offset: Option<u64>,
}

impl Failure {
    pub(crate) fn new(status: u16, error: impl Into<String>) -> Failure {
        Failure { status, error: error.into(), offset: None }
    }

    /// A parameter is missing or absurd.
    pub(crate) fn parameter(what: impl Into<String>) -> Failure {
        Failure::new(400, what)
    }

    /// Whoever asked is gone, or it took too long.
    pub(crate) fn given_up() -> Failure {
        Failure::new(503, "given up")
    }
}

impl From<gotrace::Error> for Failure {
    fn from(e: gotrace::Error) -> Failure {
        Failure { status: 422, error: e.to_string(), offset: Some(e.offset()) }
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Answer {
        let text = serde_json::json!({ "error": failure.error, "offset": failure.offset }).to_string();
        Answer { status: failure.status, ..Answer::of(JSON, Bytes::from(text)) }
    }
}

/// The body of an answer.
pub(crate) enum Content {
    Whole(Option<Bytes>),
    Pieces(mpsc::Receiver<Bytes>),
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Content::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Content::Pieces(pieces) => pieces.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Content::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Content::Pieces(_) => SizeHint::default(),
        }
    }
}
