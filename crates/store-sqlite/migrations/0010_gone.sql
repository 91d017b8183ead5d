-- What is removed is to be gone from the file as well.
--
-- An index that deletes by rows (`contentless_delete`) only notes which of them no longer count, and keeps their words. This
-- one is told the text of each message that goes, and takes its words out (`secure-delete`).
DROP TABLE message_words;
CREATE VIRTUAL TABLE message_words USING fts5 (
    room, text, content = '', prefix = '2',
    tokenize = 'unicode61 remove_diacritics 2 categories ''L* N* Co Mn Mc'''
);
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
DELETE FROM unindexed;
INSERT INTO unindexed SELECT 1, 0, max(id) FROM messages HAVING count(*) > 0;

-- A row of messages never goes. Deleting rows makes SQLite move those beside them to other pages, and what they leave behind
-- on their own stays there, to be read after they are deleted in their turn; making a row shorter moves nothing. So one
-- that is removed is first put into the room of the opposite sign, and when its words are out of the index it is emptied:
-- room 0, its row for a number, and nothing else.
