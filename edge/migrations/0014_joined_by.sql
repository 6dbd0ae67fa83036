-- By which invitation a member joined, so that accepting it again gets the same answer. Null for earlier members.

ALTER TABLE members ADD COLUMN joined_by TEXT;
