//! The format of an adapter.

use crate::{
    ComplianceError,
    documents::{Adapter, AdapterFormat},
};
use causerie_formats::{Entry, Format, Piece, Room};

/// `records.ndjson` itself: nothing besides.
struct Plain;

impl Format for Plain {
    fn begin(&mut self) -> Vec<Piece> {
        Vec::new()
    }
    fn open(&mut self, _: &Room) -> Vec<Piece> {
        Vec::new()
    }
    fn entry(&mut self, _: &Entry) -> Vec<Piece> {
        Vec::new()
    }
    fn close(&mut self) -> Vec<Piece> {
        Vec::new()
    }
    fn end(&mut self) -> Vec<Piece> {
        Vec::new()
    }
}

/// The format that an adapter is set to.
pub(crate) fn for_adapter(adapter: &Adapter) -> Result<Box<dyn Format>, ComplianceError> {
    match adapter.format {
        AdapterFormat::Ndjson => Ok(Box::new(Plain)),
        other => Err(ComplianceError::Invalid(format!(
            "the format {other} isn't built in"
        ))),
    }
}
