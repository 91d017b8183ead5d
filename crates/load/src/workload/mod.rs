//! What a server can be put through, one file each.

mod fanout;
mod history;
mod measure;
mod paced;

pub(crate) use fanout::Fanout;
pub(crate) use history::History;
pub(crate) use paced::Paced;
