//! Tests of the proofs, through the public boundary.

mod export;
mod forms;
mod keys;
mod log;
mod nodes;
mod series;
mod world;
