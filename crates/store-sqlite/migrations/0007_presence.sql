-- Who is in which room, as the records of JOIN and PART leave it: whoever a program that ended without a word left behind
-- is taken out by its next start. No reference to rooms: from a removed room people are still to be taken out.
CREATE TABLE presence (
    room  INTEGER NOT NULL,
    user  TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;

-- Whoever the records have in a room.
INSERT INTO presence (room, user, since)
SELECT chain, user, at
FROM (
    -- SQLite takes the other columns from the row that has the maximum.
    SELECT chain, body ->> 'user' AS user, kind, at, max(number)
    FROM outbox WHERE chain > 0 AND kind IN ('JOIN', 'PART') GROUP BY 1, 2
)
WHERE kind = 'JOIN' AND user IS NOT NULL;
