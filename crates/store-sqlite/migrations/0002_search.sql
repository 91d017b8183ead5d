-- The index of words holds texts in another form than messages.text, so it keeps no reference to it: `contentless`.
-- The program makes that form (`set_apart` of the model): each character of a script without blanks is a word.
-- Marks (Mn, Mc) belong to words, without which Thai vowels would not count.
-- `room` is the room's row as a word: a search in one room reads no message of another.
-- The index of prefixes of two letters is for the shortest that may be searched for, which begin the most words.
DROP TABLE message_words;
CREATE VIRTUAL TABLE message_words USING fts5 (
    room, text, content = '', contentless_delete = 1, prefix = '2',
    tokenize = 'unicode61 remove_diacritics 2 categories ''L* N* Co Mn Mc'''
);

-- A room's times rise with its numbers, so that this finds the message at which a time begins.
CREATE INDEX messages_by_time ON messages (room, at);

-- Messages after the one row and up to the other that the program has yet to put into the index. Empty when none waits.
CREATE TABLE unindexed (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    after    INTEGER NOT NULL,
    up_to    INTEGER NOT NULL
) STRICT;
INSERT INTO unindexed SELECT 1, 0, max(id) FROM messages HAVING count(*) > 0;
