//! `causerie load`: simulated endpoints that speak the real protocol, the checks that they make, and what it cost.

mod arrivals;
mod process;
mod progress;
mod seed;
mod target;
mod words;
mod world;
