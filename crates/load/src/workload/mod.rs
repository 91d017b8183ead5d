//! What a server can be put through, one file each.

mod fanout;
mod history;
mod idle;
mod measure;
mod overload;
mod paced;
mod pool;
mod storm;

pub(crate) use fanout::Fanout;
pub(crate) use history::History;
pub(crate) use idle::Idle;
pub(crate) use overload::Overload;
pub(crate) use paced::Paced;
pub(crate) use pool::Pool;
pub(crate) use storm::Storm;
