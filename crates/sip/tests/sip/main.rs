//! The crate as its callers see it.
mod common;
mod dialogs;
mod draft;
mod forwarding;
mod framing;
mod header_views;
mod mutation;
mod outgoing;
mod plain_oks;
mod properties;
mod rfc4475;
mod torture;
mod transactions;
mod uris;
