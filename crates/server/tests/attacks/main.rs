//! Attacks on the promises, against the whole program: killed, cut off, without disk, its files changed, with old clients'
//! cipher suites. What compliance promises is `compliance_1` to `compliance_10`.

mod crash;
mod cut_off;
mod database_tls;
mod disk;
mod dying;
mod judge;
mod killed;
mod numbers;
mod officer;
mod people;
mod real;
mod service;
mod tampered;
mod tls;
mod trail;
