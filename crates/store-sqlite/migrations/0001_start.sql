-- The room database.
--
-- Times are microseconds since 1970-01-01T00:00:00Z, GUIDs 16 bytes (big-endian), hashes 32 bytes, truth values 0 or 1.
-- `name_key` is the name in Unicode lower case, made by the program: SQLite's lower() knows ASCII only.
-- A chain is a room's row, or 0 for the system's chain.

-- "Caus": tells this database from other programs'.
PRAGMA application_id = 1130460531;

CREATE TABLE meta (
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    database_id BLOB NOT NULL CHECK (length(database_id) = 16)
) STRICT;
INSERT INTO meta VALUES (1, randomblob(16));

-- Users and groups share one number space, since lists hold either. A user's name is the SIP address.
CREATE TABLE principals (
    id           INTEGER PRIMARY KEY CHECK (id > 0),
    kind         TEXT NOT NULL CHECK (kind IN ('user', 'group')),
    name         TEXT NOT NULL,
    name_key     TEXT NOT NULL,
    display_name TEXT NOT NULL,
    enabled      INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    UNIQUE (kind, name_key)
) STRICT;

CREATE TABLE group_members (
    group_id INTEGER NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
    member   INTEGER NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_member ON group_members (member);

CREATE TABLE categories (
    id          INTEGER PRIMARY KEY CHECK (id > 0),
    guid        BLOB NOT NULL UNIQUE CHECK (length(guid) = 16),
    name        TEXT NOT NULL,
    name_key    TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    invitations INTEGER NOT NULL CHECK (invitations IN (0, 1)),
    file_upload INTEGER NOT NULL CHECK (file_upload IN (0, 1)),
    history     INTEGER NOT NULL CHECK (history IN (0, 1))
) STRICT;

CREATE TABLE rooms (
    id          INTEGER PRIMARY KEY CHECK (id > 0),
    guid        BLOB NOT NULL UNIQUE CHECK (length(guid) = 16),
    category    INTEGER NOT NULL REFERENCES categories (id) ON DELETE RESTRICT,
    name        TEXT NOT NULL,
    name_key    TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    room_type   TEXT NOT NULL,
    privacy     TEXT NOT NULL,
    invitations TEXT NOT NULL,
    disabled    INTEGER NOT NULL CHECK (disabled IN (0, 1))
) STRICT;
CREATE INDEX rooms_by_category ON rooms (category);

CREATE TABLE category_roles (
    node      INTEGER NOT NULL REFERENCES categories (id) ON DELETE CASCADE,
    role      TEXT NOT NULL CHECK (role IN ('allowed', 'denied', 'creator')),
    principal INTEGER NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
    PRIMARY KEY (node, role, principal)
) STRICT, WITHOUT ROWID;
CREATE INDEX category_roles_by_principal ON category_roles (principal);

CREATE TABLE room_roles (
    node      INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    role      TEXT NOT NULL CHECK (role IN ('member', 'manager', 'presenter')),
    principal INTEGER NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
    PRIMARY KEY (node, role, principal)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_roles_by_principal ON room_roles (principal);

CREATE TABLE secrets (
    user           INTEGER PRIMARY KEY REFERENCES principals (id) ON DELETE CASCADE,
    password_hash  TEXT NOT NULL,
    sealed_nt_hash BLOB NOT NULL
) STRICT;

-- Always read and written as a whole, hence one JSON text.
CREATE TABLE contact_lists (
    user  INTEGER PRIMARY KEY REFERENCES principals (id) ON DELETE CASCADE,
    delta INTEGER NOT NULL,
    list  TEXT NOT NULL
) STRICT;

CREATE TABLE preferences (
    user     INTEGER NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
    label    TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    content  TEXT NOT NULL,
    PRIMARY KEY (user, label)
) STRICT;

-- Rows rise in the order of commits. No reference to rooms: a removed room's messages stay until retention takes them.
CREATE TABLE messages (
    id               INTEGER PRIMARY KEY,
    room             INTEGER NOT NULL,
    chat_id          INTEGER NOT NULL,
    record           INTEGER NOT NULL,
    at               INTEGER NOT NULL,
    author           TEXT NOT NULL,
    author_name      TEXT NOT NULL,
    text             TEXT NOT NULL,
    extra_attributes TEXT NOT NULL,
    extra_children   TEXT NOT NULL,
    UNIQUE (room, chat_id)
) STRICT;

-- The words of messages.text, under the same row. Whoever deletes a message deletes here first.
-- unicode61 takes a run of Chinese or Japanese for one word; finding parts of it would need the trigram tokenizer.
CREATE VIRTUAL TABLE message_words USING fts5 (
    text, content = 'messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);

-- What the compliance service has not taken yet.
CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    chain    INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    kind     TEXT NOT NULL,
    body     TEXT NOT NULL,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    UNIQUE (chain, number)
) STRICT;

-- The last record of each chain. Never deleted, so that a room's row isn't used twice.
CREATE TABLE heads (
    chain   INTEGER PRIMARY KEY,
    record  INTEGER NOT NULL,
    chat_id INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
