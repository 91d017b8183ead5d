//! The administration API as its clients meet it: the real router over a real Unix socket and real TLS.

mod alone;
mod common;
mod description;
mod import;
mod limits;
mod operations;
mod resources;
mod routes;
mod tokens;
mod versions;
mod what_if;
