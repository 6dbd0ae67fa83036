-- Lists of deployments by who created them, and those of a team by branch and environment; the activity feed by the time
-- at which deployments ended.

-- Real columns, written once: an index of what lies in `record` would be billed at every event.
ALTER TABLE deployments ADD COLUMN creator TEXT;
ALTER TABLE deployments ADD COLUMN ended_at TEXT;

-- What was skipped never began, so it doesn't end either.
UPDATE deployments SET
  creator = record ->> '$.creator.name',
  ended_at = iif(skipped = 0, record ->> '$.finishedAt', NULL);

CREATE INDEX deployments_of_owner_by_creator ON deployments (owner_id, creator, created_at, id)
  WHERE creator IS NOT NULL;
CREATE INDEX deployments_of_app_by_creator ON deployments (app_id, creator, created_at, id)
  WHERE creator IS NOT NULL;
CREATE INDEX deployments_of_owner_by_branch ON deployments (owner_id, branch, created_at, id);
CREATE INDEX deployments_of_owner_by_environment ON deployments (owner_id, environment, created_at, id);
CREATE INDEX deployments_by_end ON deployments (owner_id, ended_at, id) WHERE ended_at IS NOT NULL;
