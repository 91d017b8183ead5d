//! Transactions over reliable transports: no retransmission timers, only memory (RFC 3261 §17).
//!
//! Both sides are keyed by Call-ID, CSeq number and method: the branch of Via can't serve, because pidgin-sipe 1.25
//! sends none in dialogs, and the From tag can't either, because it changes with every REGISTER.
mod client;
mod server;
mod table;

pub use client::{CLIENT_TRANSACTIONS_MAX, ClientTransactions, TIMER_F_MS};
pub use server::{Received, SERVER_TRANSACTIONS_MAX, ServerTransactions, TRANSACTION_MEMORY_MS};

use crate::build::Outgoing;
use crate::check::CheckedRequest;
use crate::check_response::CheckedResponse;
use crate::method::Method;
use crate::text::Text;

/// What names a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TransactionKey {
    /// First, since it tells most apart at once.
    cseq: u32,
    method: Method,
    call_id: Text,
}

impl TransactionKey {
    /// The transaction of a received request; `None` for those that are never answered (ACK, BENOTIFY).
    #[must_use]
    pub fn of_request(request: &CheckedRequest) -> Option<Self> {
        request.method().wants_response().then(|| Self {
            call_id: request.call_id.detached(),
            cseq: request.cseq.number,
            method: request.method().detached(),
        })
    }

    /// The transaction that a received CANCEL means: the INVITE of the same CSeq number (RFC 3261 §9.2).
    #[must_use]
    pub fn cancelled_by(cancel: &CheckedRequest) -> Self {
        Self {
            call_id: cancel.call_id.detached(),
            cseq: cancel.cseq.number,
            method: Method::Invite,
        }
    }

    /// The transaction of a request to send; `None` for those that get no answer, or without Call-ID or CSeq.
    #[must_use]
    pub fn of_outgoing(request: &Outgoing) -> Option<Self> {
        let fields = request.signature_fields();
        let method = Method::parse(&Text::from(fields.method)).filter(Method::wants_response)?;
        let cseq = fields.cseq.parse().ok()?;
        (!fields.call_id.is_empty()).then(|| Self {
            call_id: Text::from(fields.call_id),
            cseq,
            method,
        })
    }

    /// The transaction that a received response belongs to.
    #[must_use]
    pub fn of_response(response: &CheckedResponse) -> Self {
        Self {
            call_id: response.call_id.clone(),
            cseq: response.cseq.number,
            method: response.cseq.method.clone(),
        }
    }
}
