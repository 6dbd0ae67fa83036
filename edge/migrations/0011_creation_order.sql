-- Ids say only in which second something was made; within it they are random, so that nobody can guess them. Lists are
-- ordered by the time of creation, with the id as tie-breaker, and each index of a list ends with these two.

-- A real column, written once with the row: an index of what lies in `record` would be billed at every event.
ALTER TABLE deployments ADD COLUMN created_at TEXT NOT NULL DEFAULT '';
UPDATE deployments SET created_at = record ->> '$.createdAt';

DROP INDEX deployments_of_owner;
DROP INDEX deployments_of_owner_by_status;
DROP INDEX deployments_of_app;
DROP INDEX deployments_of_app_by_status;
CREATE INDEX deployments_of_owner ON deployments (owner_id, created_at, id);
CREATE INDEX deployments_of_owner_by_status ON deployments (owner_id, status, created_at, id);
CREATE INDEX deployments_of_app ON deployments (app_id, created_at, id);
CREATE INDEX deployments_of_app_by_status ON deployments (app_id, status, created_at, id);

-- An entry of the audit log never changes, so its index is written once all the same.
ALTER TABLE audit ADD COLUMN at TEXT AS (record ->> '$.at') VIRTUAL;
DROP INDEX audit_of_owner;
CREATE INDEX audit_of_owner ON audit (owner_id, at, id);

DROP INDEX apps_of_owner;
CREATE INDEX apps_of_owner ON apps (owner_id, created_at, id);

DROP INDEX runners_of_owner;
CREATE INDEX runners_of_owner ON runners (owner_id, created_at, id);

DROP INDEX tokens_of_owner;
DROP INDEX tokens_of_app;
DROP INDEX tokens_of_creator;
CREATE INDEX tokens_of_owner ON tokens (owner_id, kind, created_at, id);
CREATE INDEX tokens_of_app ON tokens (app_id, kind, created_at, id) WHERE app_id IS NOT NULL;
CREATE INDEX tokens_of_creator ON tokens (owner_id, created_by, kind, created_at, id) WHERE created_by IS NOT NULL;

DROP INDEX members_of_team;
DROP INDEX members_of_user;
CREATE INDEX members_of_team ON members (team_id, created_at, id);
CREATE INDEX members_of_user ON members (user_id, created_at, id);
