-- Which Apps were deployed from an upload, as a JSON array: it goes with the last of them.
ALTER TABLE uploads ADD COLUMN app_ids TEXT NOT NULL DEFAULT '[]';
CREATE INDEX uploads_of_owner ON uploads (owner_id);
