//! The rules, tested from outside: a table of all cases, random catalogues, and single cases worth a name.

mod admin;
mod cases;
mod changes;
mod facts;
mod lists;
mod random;
mod table;
mod touched;
