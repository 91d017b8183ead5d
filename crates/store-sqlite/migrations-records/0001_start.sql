-- The database of compliance records.
--
-- Times are microseconds since 1970-01-01T00:00:00Z, hashes 32 bytes, truth values 0 or 1.
-- A chain is a room's row, 0 for the system's chain, or -1 for that of the compliance service.

-- "mgcc": tells this database from other programs'.
PRAGMA application_id = 1835492195;

-- Of a retired record actor and body are empty. Everything else is what its hash covers.
CREATE TABLE records (
    position INTEGER PRIMARY KEY CHECK (position > 0),
    chain    INTEGER NOT NULL CHECK (chain >= -1),
    number   INTEGER NOT NULL CHECK (number > 0),
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    kind     TEXT NOT NULL,
    body     TEXT NOT NULL,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    retired  INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),
    UNIQUE (chain, number)
) STRICT;
CREATE INDEX records_by_actor ON records (actor);
CREATE INDEX records_by_time ON records (at);

-- Leave to empty the records of a chain from one number to another: the range of the RETIRED record of that number.
-- What happened in rooms alone can go: neither what was changed there, nor anything of the other two chains.
CREATE TABLE tombstones (
    record INTEGER PRIMARY KEY,
    chain  INTEGER NOT NULL,
    first  INTEGER NOT NULL,
    last   INTEGER NOT NULL
) STRICT;
CREATE INDEX tombstones_by_chain ON tombstones (chain, first);

CREATE TABLE checkpoints (
    number INTEGER PRIMARY KEY,
    up_to  INTEGER NOT NULL,
    line   TEXT NOT NULL
) STRICT;

CREATE TABLE documents (
    kind TEXT NOT NULL,
    id   TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What follows keeps whoever has the file and a SQL prompt from changing a record by mistake. Against intent only the
-- signed checkpoints help.

-- INSERT OR REPLACE takes rows away without a word to the triggers on DELETE, so a row is refused that isn't the next.
CREATE TRIGGER records_follow BEFORE INSERT ON records
WHEN NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM records)
    OR NEW.number <= (SELECT coalesce(max(number), 0) FROM records WHERE chain = NEW.chain)
    OR NEW.retired <> 0
BEGIN SELECT RAISE(ABORT, 'a record comes after all others'); END;

CREATE TRIGGER records_keep BEFORE UPDATE ON records
WHEN NOT (
    NEW.actor = '' AND NEW.body = '' AND NEW.retired = 1
    AND NEW.position IS OLD.position AND NEW.chain IS OLD.chain AND NEW.number IS OLD.number AND NEW.at IS OLD.at
    AND NEW.kind IS OLD.kind AND NEW.previous IS OLD.previous AND NEW.hash IS OLD.hash
    AND OLD.chain > 0
    AND OLD.kind IN ('CHAT', 'JOIN', 'PART', 'BACKCHAT', 'DELETED', 'DENIED', 'PURGED')
    AND EXISTS (SELECT 1 FROM tombstones WHERE chain = OLD.chain AND OLD.number BETWEEN first AND last)
)
BEGIN SELECT RAISE(ABORT, 'a record is never changed'); END;

CREATE TRIGGER records_stay BEFORE DELETE ON records
BEGIN SELECT RAISE(ABORT, 'a record is never removed'); END;

CREATE TRIGGER tombstones_follow BEFORE INSERT ON tombstones
WHEN EXISTS (SELECT 1 FROM tombstones WHERE record = NEW.record)
    OR NEW.chain <= 0
    OR NOT EXISTS (
        SELECT 1 FROM records
        WHERE chain = -1 AND number = NEW.record AND kind = 'RETIRED' AND body <> ''
            AND body ->> 'first' = NEW.first AND body ->> 'last' = NEW.last
            AND body ->> 'chain' = 'room:' || NEW.chain
    )
BEGIN SELECT RAISE(ABORT, 'a tombstone is what a RETIRED record says'); END;

CREATE TRIGGER tombstones_keep BEFORE UPDATE ON tombstones
BEGIN SELECT RAISE(ABORT, 'a tombstone is never changed'); END;

CREATE TRIGGER tombstones_stay BEFORE DELETE ON tombstones
BEGIN SELECT RAISE(ABORT, 'a tombstone is never removed'); END;

CREATE TRIGGER checkpoints_follow BEFORE INSERT ON checkpoints
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM checkpoints)
BEGIN SELECT RAISE(ABORT, 'a checkpoint comes after all others'); END;

CREATE TRIGGER checkpoints_keep BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END;

CREATE TRIGGER checkpoints_stay BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never removed'); END;
