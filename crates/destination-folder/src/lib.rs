//! Exports as folders or zips on a file system.
