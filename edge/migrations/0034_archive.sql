-- Deployments of which nothing is left but the record: that moves into storage, and `record` keeps what lists and feeds show.
ALTER TABLE deployments ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;

-- Those that may be next: a row enters when its log is removed, and leaves when it is archived.
CREATE INDEX deployments_to_archive ON deployments (app_id, created_at, id)
  WHERE archived = 0 AND (skipped = 1 OR log_removed_at IS NOT NULL);
