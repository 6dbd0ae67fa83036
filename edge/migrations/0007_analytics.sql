-- Analytics: how deployments ended, by day, and what was downloaded.

-- Written once, when the deployment has ended. Real columns, though they are derived from `record`: SQLite reads the
-- table for each row of an index that has generated ones, and rows read are billed.
ALTER TABLE deployments ADD COLUMN ended_on TEXT;
ALTER TABLE deployments ADD COLUMN duration_seconds REAL;
ALTER TABLE deployments ADD COLUMN waited_seconds REAL;

UPDATE deployments SET
  ended_on = substr(record ->> '$.finishedAt', 1, 10),
  duration_seconds = record ->> '$.durationSeconds',
  waited_seconds = round(unixepoch(record ->> '$.startedAt', 'subsec') - unixepoch(record ->> '$.createdAt', 'subsec'), 1)
WHERE record ->> '$.finishedAt' IS NOT NULL;

-- All that analytics ask of a deployment, in the order in which they group it.
CREATE INDEX deployments_ended_of_owner
  ON deployments (owner_id, ended_on, status, app_id, duration_seconds, waited_seconds) WHERE ended_on IS NOT NULL;
CREATE INDEX deployments_ended_of_app
  ON deployments (app_id, ended_on, status, duration_seconds, waited_seconds) WHERE ended_on IS NOT NULL;

-- `recent` holds the ids of the latest batches that were added, so that one that is delivered again is known.
CREATE TABLE downloads (
  owner_id TEXT NOT NULL,
  day TEXT NOT NULL,
  app_id TEXT NOT NULL,
  count INTEGER NOT NULL,
  recent TEXT NOT NULL,
  PRIMARY KEY (owner_id, day, app_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifact_downloads (
  deployment_id TEXT NOT NULL,
  name TEXT NOT NULL,
  count INTEGER NOT NULL,
  recent TEXT NOT NULL,
  PRIMARY KEY (deployment_id, name)
) STRICT, WITHOUT ROWID;
