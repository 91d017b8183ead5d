//! Chat lines: what a client posts and what everyone in the room gets.

mod extra;
mod line;
mod post;

pub use extra::Extra;
pub use line::{ChatLine, grpchat, write_grpchat};
pub use post::Post;
