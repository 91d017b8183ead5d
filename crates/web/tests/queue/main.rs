//! The queue over its socket keeps the port's promises, and its limits.

mod conformance;
mod limits;
