-- Who has the lease of the queue, by a name that lasts: one that was killed takes its own lease over when it is back.
ALTER TABLE queue_lease ADD COLUMN holder BLOB CHECK (length(holder) = 16);
