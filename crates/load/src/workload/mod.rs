//! What a server can be put through, one file each.

mod history;

pub(crate) use history::History;
