//! The program as administrators meet it: its command line, its administration API, and what it does to files.

mod categories;
mod certificates;
mod common;
mod groups;
mod http;
mod https;
mod import;
mod operations;
mod policies;
mod resources;
mod rooms;
mod running;
mod users;
mod what_if;
