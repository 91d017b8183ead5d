//! The service on the databases and folders that it runs with.

mod checkpoints;
mod faults;
mod intake;
mod runs;
mod status;
mod trust;
mod untold;
mod warnings;
mod world;
