//! Requests made by hand, for tests.

use bytes::Bytes;
use causerie_sip::{CheckedResponse, Method};
use tokio::sync::oneshot;

use super::{Pending, Session};
use crate::error::{CallError, ClientError};

/// Where a request made by hand goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Into the dialog with the chat service, with its next CSeq.
    Dialog,
    /// To this URI, outside of any dialog.
    Uri(String),
}

/// A request made by hand. The client adds what names it (Via, From, To, Call-ID, CSeq), and signs it.
#[derive(Clone, Debug)]
pub struct Raw {
    /// Its method.
    pub method: Method,
    /// Where it goes.
    pub target: Target,
    /// Further headers: name and value.
    pub headers: Vec<(String, String)>,
    /// Content-Type and body.
    pub body: Option<(String, Bytes)>,
}

impl Session {
    pub(super) fn raw_request(
        &mut self,
        raw: Raw,
        answer: oneshot::Sender<Result<CheckedResponse, CallError>>,
    ) {
        let request = match &raw.target {
            Target::Dialog => self.inside(&raw.method),
            Target::Uri(uri) => Some(self.outside(&raw.method, uri)),
        };
        let Some(mut request) = request else {
            let error = self.ended.clone().unwrap_or(ClientError::Left);
            let _ = answer.send(Err(CallError::Closed(error)));
            return;
        };
        for (name, value) in &raw.headers {
            request.push(name.as_str(), value);
        }
        if let Some((content_type, body)) = raw.body {
            request = request.body(&content_type, body);
        }
        self.send(request, Pending::Raw(answer));
    }
}
