-- The queue to the compliance service: what waits is in outbox.

-- Who may consume. The row stays when the lease ends, so that its holder may have it again if nobody had it since; one
-- that was given back ended at the beginning of time.
CREATE TABLE queue_lease (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    token    BLOB NOT NULL CHECK (length(token) = 16),
    until    INTEGER NOT NULL
) STRICT;

-- Records that the compliance service couldn't store, under their places in the queue.
CREATE TABLE set_aside (
    sequence INTEGER PRIMARY KEY,
    chain    INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    kind     TEXT NOT NULL,
    body     TEXT NOT NULL,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    reason   TEXT NOT NULL,
    aside_at INTEGER NOT NULL
) STRICT;
