//! The rules, tested from outside: a table of all cases, random catalogues, and single cases worth a name.

mod admin;
mod barriers;
mod cases;
mod changes;
mod compliance;
mod facts;
mod lists;
mod matrix;
mod plain;
mod random;
mod rulebook;
mod sequences;
mod table;
mod touched;
