-- Whether a category's rooms take messages while compliance is behind.
ALTER TABLE categories ADD COLUMN compliance TEXT NOT NULL DEFAULT 'open' CHECK (compliance IN ('open', 'closed'));

-- Rooms and categories of which no record has told yet what they are: those of before records told it.
CREATE TABLE unannounced (
    kind TEXT NOT NULL CHECK (kind IN ('category', 'room')),
    id   INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
INSERT INTO unannounced SELECT 'category', id FROM categories UNION ALL SELECT 'room', id FROM rooms;
