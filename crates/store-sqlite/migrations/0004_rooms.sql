-- Kinds of groups, policies and sites of users, audits of categories and rooms; barriers, add-ins, policies, settings and
-- aliases of the service.

-- NULL for users.
ALTER TABLE principals ADD COLUMN group_kind TEXT CHECK (group_kind IN ('group', 'unit', 'domain'));
ALTER TABLE principals ADD COLUMN policy TEXT;
ALTER TABLE principals ADD COLUMN site TEXT;
UPDATE principals SET group_kind = 'group' WHERE kind = 'group';

ALTER TABLE categories ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version > 0);
ALTER TABLE categories ADD COLUMN created_by TEXT NOT NULL DEFAULT 'system';
ALTER TABLE categories ADD COLUMN created_on INTEGER NOT NULL DEFAULT 0;
ALTER TABLE categories ADD COLUMN updated_by TEXT NOT NULL DEFAULT 'system';
ALTER TABLE categories ADD COLUMN updated_on INTEGER NOT NULL DEFAULT 0;

CREATE TABLE addins (
    id       INTEGER PRIMARY KEY CHECK (id > 0),
    guid     BLOB NOT NULL UNIQUE CHECK (length(guid) = 16),
    name     TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    url      TEXT NOT NULL
) STRICT;

ALTER TABLE rooms ADD COLUMN addin INTEGER REFERENCES addins (id) ON DELETE RESTRICT;
ALTER TABLE rooms ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version > 0);
ALTER TABLE rooms ADD COLUMN created_by TEXT NOT NULL DEFAULT 'system';
ALTER TABLE rooms ADD COLUMN created_on INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN updated_by TEXT NOT NULL DEFAULT 'system';
ALTER TABLE rooms ADD COLUMN updated_on INTEGER NOT NULL DEFAULT 0;
CREATE INDEX rooms_by_addin ON rooms (addin);

CREATE TABLE barriers (
    id       INTEGER PRIMARY KEY CHECK (id > 0),
    name     TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    one      INTEGER NOT NULL REFERENCES principals (id) ON DELETE RESTRICT,
    other    INTEGER NOT NULL REFERENCES principals (id) ON DELETE RESTRICT
) STRICT;
CREATE INDEX barriers_by_one ON barriers (one);
CREATE INDEX barriers_by_other ON barriers (other);

-- A scope is 'global', 'site:NAME', 'service:NAME' or 'tag:NAME'.
CREATE TABLE policies (
    scope                  TEXT PRIMARY KEY,
    enable_persistent_chat INTEGER NOT NULL CHECK (enable_persistent_chat IN (0, 1)),
    description            TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- NULL: as the next wider scope says.
CREATE TABLE configurations (
    scope                    TEXT PRIMARY KEY,
    default_chat_history     INTEGER,
    max_file_kb              INTEGER,
    participant_update_limit INTEGER,
    room_management_url      TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE aliases (
    address      TEXT PRIMARY KEY,
    display_name TEXT NOT NULL
) STRICT, WITHOUT ROWID;
