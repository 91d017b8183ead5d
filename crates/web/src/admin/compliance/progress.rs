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
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{convert::Infallible, sync::Arc};
use tokio::sync::mpsc;

/// Lines that may wait for a slow reader. More of how far it is are left out.
const WAITING: usize = 16;

/// What is said of work that panicked.
const BROKEN: &str = "the server broke down over it: its log says why";

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
    T: Serialize + Send + 'static,
    W: Future<Output = Answer<T>> + Send + 'static,
{
    let (sender, mut lines) = mpsc::channel(WAITING);
    let progress: Progress = {
        let sender = sender.clone();
        Arc::new(move |done, of| drop(sender.try_send(Line::Progress(done, of))))
    };
    let work = tokio::spawn(work(progress));
    tokio::spawn(async move {
        let end = match work.await {
            Ok(end) => end.and_then(|result| {
                serde_json::to_value(result).map_err(|error| ApiError::invalid(error.to_string()))
            }),
            Err(_) => Err(ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                BROKEN,
            )),
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_breaks_down_is_an_error() {
        let broken = told::<(), _>(|_| async { panic!("it breaks down") }).await;
        let response = broken.unwrap_err().into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);

        let later = told::<(), _>(|progress| async move {
            progress(1, 2);
            panic!("it breaks down")
        });
        let body = axum::body::to_bytes(later.await.unwrap().into_body(), 1_024)
            .await
            .unwrap();
        let last = body
            .split(|byte| *byte == b'\n')
            .rfind(|line| !line.is_empty())
            .unwrap();
        let last: Value = serde_json::from_slice(last).unwrap();
        assert_eq!(last["error"]["message"], BROKEN);
    }
}
