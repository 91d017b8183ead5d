//! The database of compliance records on PostgreSQL.
