-- Who is in which room, as the records of JOIN and PART leave it: whoever a program that ended without a word left behind
-- is taken out by its next start. No reference to rooms: from a removed room people are still to be taken out.
CREATE TABLE presence (
    room  INTEGER NOT NULL,
    user  TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
