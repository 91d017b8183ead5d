//! The compliance service.

pub mod documents;
