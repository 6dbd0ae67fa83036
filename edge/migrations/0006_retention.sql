-- Retention: what an App says about it, and what was decided about a deployment after it ended. That stands beside
-- `record`, which is rewritten with every event of the deployment.

ALTER TABLE apps ADD COLUMN retention TEXT NOT NULL DEFAULT '{"artifacts":null,"logs":null}';

ALTER TABLE deployments ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deployments ADD COLUMN artifacts_removed_at TEXT;
ALTER TABLE deployments ADD COLUMN log_removed_at TEXT;
ALTER TABLE deployments ADD COLUMN leftovers INTEGER NOT NULL DEFAULT 0;

-- Written once, with the row: unlike an index of what lies in `record`, this one costs nothing at later events.
ALTER TABLE deployments ADD COLUMN upload_id TEXT;
CREATE INDEX deployments_of_upload ON deployments (upload_id) WHERE upload_id IS NOT NULL;

-- Null for uploads from before this was noted, which are therefore never swept.
ALTER TABLE uploads ADD COLUMN used_at TEXT;
