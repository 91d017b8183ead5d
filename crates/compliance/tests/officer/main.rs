//! What officers do: holds, retention, matters, readings.

mod matters;
mod reads;
mod retention;
mod world;
