//! The crate as its callers see it.
mod common;
mod dialogs;
mod draft;
mod forwarding;
mod framing;
mod header_views;
mod mutation;
mod outgoing;
mod properties;
mod receipts;
mod rfc4475;
mod torture;
mod transactions;
mod uris;
