//! The SIP front end: connections, TLS, sign-in, registrar, in-band provisioning, contact lists and routing.
//!
//! One task a connection. Its loop (`connection`) moves bytes and keeps deadlines; what the bytes mean is decided by a
//! `Link`, which does no I/O. A link signs what goes out and verifies what comes in, answers what is the front end's own
//! (REGISTER, SUBSCRIBE, SERVICE, OPTIONS) and hands the rest to the applications behind it
//! ([`causerie_sip::ua::Application`]).
//!
//! Never logged: passwords, hashes, credentials, bodies.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod authenticate;
mod connection;
mod directory;
mod front;
mod gate;
mod link;
mod listener;
mod mailbox;
mod pace;
mod published;
mod refuse;
mod register;
mod registrar;
mod route;
mod service;
mod settings;
mod signing;
mod subscribe;
mod telemetry;
mod tls;
mod xml;

pub use directory::{Directory, UserEntry};
pub use front::{FrontEnd, Needs};
pub use listener::ServeError;
pub use registrar::Registered;
pub use settings::{Authentication, Deadlines, Limits, Settings, SettingsError};
pub use telemetry::describe_metrics;
pub use tls::{CertificateError, CertificatePaths, CertificateStore};
