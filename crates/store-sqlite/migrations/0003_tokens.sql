-- Tokens of administration. Whoever reads this can't sign in with it: what a holder sends has 256 random bits, and only
-- its SHA-256 is here. Times are microseconds since 1970.
CREATE TABLE tokens (
    name    TEXT PRIMARY KEY COLLATE NOCASE,
    role    TEXT NOT NULL,
    hash    BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    created INTEGER NOT NULL,
    expires INTEGER
) STRICT;
