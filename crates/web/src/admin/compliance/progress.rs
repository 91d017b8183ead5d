//! Answers of work that takes long: lines of JSON, how far it is, and at last what came of it.
//!
//! The first line is written once there is something to tell: what fails before that is answered with its status. Who asks
//! may go away; the work goes on.

use crate::admin::{
    error::{Answer, ApiError},
    wire::ErrorBody,
};
use axum::{
    body::{Body, Bytes},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{convert::Infallible, sync::Arc};
use tokio::sync::mpsc;

/// Lines that may wait for a slow reader. More of how far it is are left out.
const WAITING: usize = 16;

/// The media type of lines of JSON.
pub(super) const NDJSON: &str = "application/x-ndjson";

/// Tells how far the work is: so much of so much.
pub(super) type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

enum Line {
    Progress(u64, u64),
    End(Answer<Value>),
}

impl Line {
    fn bytes(self) -> Bytes {
        let value = match self {
            Self::Progress(done, of) => json!({"done": done, "of": of}),
            Self::End(Ok(result)) => json!({"result": result}),
            Self::End(Err(error)) => json!(ErrorBody {
                error: error.into_problem()
            }),
        };
        Bytes::from(format!("{value}\n"))
    }
}

/// Does the work on a task of its own and answers with its lines.
pub(super) async fn told<T, W>(work: impl FnOnce(Progress) -> W) -> Answer<Response>
where
    T: Serialize,
    W: Future<Output = Answer<T>> + Send + 'static,
{
    let (sender, mut lines) = mpsc::channel(WAITING);
    let progress: Progress = {
        let sender = sender.clone();
        Arc::new(move |done, of| drop(sender.try_send(Line::Progress(done, of))))
    };
    let work = work(progress);
    tokio::spawn(async move {
        let end = work.await.and_then(|result| {
            serde_json::to_value(result).map_err(|error| ApiError::invalid(error.to_string()))
        });
        // Nobody may be listening any more.
        drop(sender.send(Line::End(end)).await);
    });
    let first = match lines.recv().await {
        Some(Line::End(Err(error))) => return Err(error),
        first => first.map(Line::bytes),
    };
    let stream = futures_util::stream::unfold((first, lines), |(first, mut lines)| async move {
        let line = match first {
            Some(line) => line,
            None => lines.recv().await?.bytes(),
        };
        Some((Ok::<_, Infallible>(line), (None, lines)))
    });
    Ok(([(CONTENT_TYPE, NDJSON)], Body::from_stream(stream)).into_response())
}
