//! What goes into a file comes out of it.

mod golden;
mod mails;
mod sample;
mod texts;
mod whole;
