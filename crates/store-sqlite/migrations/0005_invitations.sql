-- Invitations to rooms.

-- Principals that became members of a room and whose users are to be invited to it.
CREATE TABLE invitation_queue (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    room      INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    principal INTEGER NOT NULL REFERENCES principals (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX invitation_queue_by_room ON invitation_queue (room);
CREATE INDEX invitation_queue_by_principal ON invitation_queue (principal);

-- Numbered for each user. No reference to rooms: with the last of its rows gone, a number would be used again.
CREATE TABLE invitations (
    user INTEGER NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
    id   INTEGER NOT NULL CHECK (id > 0),
    room INTEGER NOT NULL,
    at   INTEGER NOT NULL,
    PRIMARY KEY (user, id),
    UNIQUE (user, room)
) STRICT, WITHOUT ROWID;
