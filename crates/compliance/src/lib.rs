//! The compliance service.
