-- Triggers: which events of its repository an app is deployed for, its schedules, and what started a deployment.

ALTER TABLE apps ADD COLUMN triggers TEXT NOT NULL
  DEFAULT '{"push":true,"pullRequests":true,"branches":"all","tags":null,"include":[],"exclude":[],"forks":"approve"}';
ALTER TABLE apps ADD COLUMN schedules TEXT NOT NULL DEFAULT '[]';
-- When the first of the schedules is due; a minute with nothing due reads one index entry.
ALTER TABLE apps ADD COLUMN schedule_due_at TEXT;
ALTER TABLE apps ADD COLUMN schedules_revision TEXT;
ALTER TABLE apps ADD COLUMN repo_key TEXT;
ALTER TABLE apps ADD COLUMN repository_id TEXT;

-- What `repoKeyOf` of protocol/src/repo-key.ts gives, for http and https URLs: earlier versions knew no others.
UPDATE apps SET repo_key = (
  WITH written (url) AS (SELECT lower(trim(apps.source ->> '$.repoUrl'))),
  bare (url, is_tls) AS (
    SELECT substr(url, instr(url, '://') + 3), url LIKE 'https:%' FROM written WHERE url LIKE 'http%://%'
  ),
  cut (url, is_tls) AS (
    SELECT substr(url, 1, min(
      iif(instr(url, '?') > 0, instr(url, '?'), length(url) + 1),
      iif(instr(url, '#') > 0, instr(url, '#'), length(url) + 1)
    ) - 1), is_tls FROM bare
  ),
  parts (host, path, is_tls) AS (
    SELECT substr(url, 1, instr(url || '/', '/') - 1), trim(substr(url, instr(url || '/', '/')), '/'), is_tls FROM cut
  ),
  plain (host, path) AS (
    SELECT
      CASE
        WHEN is_tls AND host LIKE '%:443' THEN substr(host, 1, length(host) - 4)
        WHEN NOT is_tls AND host LIKE '%:80' THEN substr(host, 1, length(host) - 3)
        ELSE host
      END,
      rtrim(iif(path LIKE '%.git', substr(path, 1, length(path) - 4), path), '/')
    FROM parts
  )
  SELECT host || '/' || path FROM plain WHERE host <> '' AND path <> ''
);

CREATE INDEX apps_of_repository ON apps (repo_key, owner_id) WHERE repo_key IS NOT NULL;
CREATE INDEX apps_of_repository_id ON apps (repository_id, owner_id) WHERE repository_id IS NOT NULL;
CREATE INDEX apps_schedule_due ON apps (schedule_due_at) WHERE schedule_due_at IS NOT NULL;

-- Real columns, written once with the row: an index of what lies in `record` would be billed at every event. `branch` is
-- the one that was asked for.
ALTER TABLE deployments ADD COLUMN number INTEGER;
ALTER TABLE deployments ADD COLUMN branch TEXT;
ALTER TABLE deployments ADD COLUMN environment TEXT;
ALTER TABLE deployments ADD COLUMN pull_request INTEGER;
ALTER TABLE deployments ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;

UPDATE deployments SET
  branch = record ->> '$.branch',
  environment = record ->> '$.environment',
  number = counted.number
FROM (
  SELECT id, row_number() OVER (PARTITION BY app_id ORDER BY created_at, id) AS number FROM deployments
) AS counted
WHERE counted.id = deployments.id;

CREATE INDEX deployments_of_branch ON deployments (app_id, branch, created_at, id);
CREATE INDEX deployments_of_environment ON deployments (app_id, environment, created_at, id);
CREATE INDEX deployments_of_pull_request ON deployments (app_id, pull_request, created_at, id)
  WHERE pull_request IS NOT NULL;
CREATE INDEX deployments_skipped ON deployments (app_id, created_at, id) WHERE skipped = 1;
