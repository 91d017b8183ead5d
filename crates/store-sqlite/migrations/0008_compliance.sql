-- Whether a category's rooms take messages while compliance is behind.
ALTER TABLE categories ADD COLUMN compliance TEXT NOT NULL DEFAULT 'open' CHECK (compliance IN ('open', 'closed'));
