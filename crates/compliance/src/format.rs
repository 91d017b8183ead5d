//! The format of an export.

use crate::documents::{Adapter, AdapterFormat};
use causerie_formats::{Format, FormatKind, Options};

/// The format's kind.
pub(crate) fn kind(format: AdapterFormat) -> FormatKind {
    match format {
        AdapterFormat::Xml => FormatKind::Xml,
        AdapterFormat::Actiance => FormatKind::Actiance,
        AdapterFormat::Eml => FormatKind::Eml,
        AdapterFormat::Csv => FormatKind::Csv,
        AdapterFormat::Ndjson => FormatKind::Ndjson,
        AdapterFormat::Rsmf => FormatKind::Rsmf,
    }
}

/// The format that an adapter is set to, for a batch of this name.
pub(crate) fn for_adapter(adapter: &Adapter, batch: &str) -> Box<dyn Format> {
    let options = Options {
        one_room_per_file: adapter.one_chat_room_per_output_file,
        attachments_manifest: adapter.create_file_attachments_manifest,
        ..Options::new(batch)
    };
    causerie_formats::new(kind(adapter.format), options)
}
