//! Attacks on the promises, against the whole program: killed, without disk, with old clients' cipher suites.

mod crash;
mod disk;
mod judge;
mod people;
mod tls;
