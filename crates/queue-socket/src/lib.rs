//! The queue of another process, over a Unix socket.
