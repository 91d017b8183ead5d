//! Counts the statements that one piece of work sends to a database, so that a log line can tell them.

use std::{cell::Cell, future::Future};

tokio::task_local! {
    static STATEMENTS: Cell<u32>;
}

/// Runs `work` and returns with its result how many statements it sent.
pub async fn metered<T>(work: impl Future<Output = T>) -> (T, u32) {
    STATEMENTS
        .scope(Cell::new(0), async {
            let result = work.await;
            (result, STATEMENTS.with(Cell::get))
        })
        .await
}

/// Adapters call this with every statement that they send. Outside of [`metered`] it does nothing.
pub fn count(statements: u32) {
    // Work that nobody meters, such as start-up, isn't counted: that is no error.
    let _ = STATEMENTS.try_with(|counter| counter.set(counter.get() + statements));
}
