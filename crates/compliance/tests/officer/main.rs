//! What officers do: holds, retention, matters, readings.

mod answers;
mod erasure;
mod matters;
mod nodes;
mod progress;
mod reads;
mod retention;
mod world;
