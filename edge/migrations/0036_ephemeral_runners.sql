-- Runners that end after their first build. The index holds only them: the cron asks for those that are gone.
ALTER TABLE runners ADD COLUMN ephemeral INTEGER NOT NULL DEFAULT 0;
CREATE INDEX runners_ephemeral ON runners (coalesce(last_seen_at, created_at), id) WHERE ephemeral = 1;
