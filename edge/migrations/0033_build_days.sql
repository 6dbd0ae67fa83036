-- How deployments ended, by day: counted when they end, so that analytics read a row for each day instead of an index entry
-- for each deployment. `app_id` is '' for all apps of a team. `durations` (of successes) and `waits` (of all that were
-- claimed) are JSON objects that say how often each time is there; `apps` says it of each app and status of a team's day.
-- Times are as `timeOf` of edge/src/metadata/build-days.ts writes them.
CREATE TABLE build_days (
  owner_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  day TEXT NOT NULL,
  success INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  canceled INTEGER NOT NULL,
  durations TEXT NOT NULL,
  waits TEXT NOT NULL,
  apps TEXT NOT NULL,
  PRIMARY KEY (owner_id, app_id, day)
) STRICT, WITHOUT ROWID;

-- Whether the deployment's end is among them.
ALTER TABLE deployments ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;

INSERT INTO build_days (owner_id, app_id, day, success, failed, canceled, durations, waits, apps)
WITH
  ends AS (
    SELECT owner_id, app_id, ended_on, status, scope.value AS scope,
      CAST(round(iif(status = 'success', duration_seconds, NULL) * 10) AS INTEGER) AS duration,
      CAST(round(waited_seconds * 10) AS INTEGER) AS wait
    FROM deployments, json_each(json_array('', app_id)) AS scope WHERE ended_on IS NOT NULL
  ),
  counts AS (
    SELECT owner_id, scope, ended_on, sum(status = 'success') AS success, sum(status = 'failed') AS failed,
      sum(status = 'canceled') AS canceled
    FROM ends GROUP BY owner_id, scope, ended_on
  ),
  times AS (
    SELECT owner_id, scope, ended_on, 'duration' AS kind, duration AS tenths FROM ends WHERE duration IS NOT NULL
    UNION ALL
    SELECT owner_id, scope, ended_on, 'wait', wait FROM ends WHERE wait IS NOT NULL
  ),
  rounded AS (
    SELECT owner_id, scope, ended_on, kind, 't' || CASE
        WHEN tenths < 1000 THEN tenths
        WHEN tenths < 10000 THEN CAST(round(tenths / 10.0) * 10 AS INTEGER)
        WHEN tenths < 100000 THEN CAST(round(tenths / 100.0) * 100 AS INTEGER)
        ELSE CAST(round(tenths / 1000.0) * 1000 AS INTEGER)
      END AS time, count(*) AS count
    FROM times GROUP BY 1, 2, 3, 4, 5
  ),
  histograms AS (
    SELECT owner_id, scope, ended_on, kind, json_group_object(time, count) AS histogram
    FROM rounded GROUP BY 1, 2, 3, 4
  ),
  of_apps AS (
    SELECT owner_id, ended_on, json_group_object(app_id || ':' || status, count) AS apps FROM (
      SELECT owner_id, ended_on, app_id, status, count(*) AS count FROM ends WHERE scope = '' GROUP BY 1, 2, 3, 4
    ) GROUP BY 1, 2
  )
SELECT counts.owner_id, counts.scope, counts.ended_on, success, failed, canceled,
  coalesce(durations.histogram, '{}'), coalesce(waits.histogram, '{}'),
  iif(counts.scope = '', coalesce(of_apps.apps, '{}'), '{}')
FROM counts
LEFT JOIN histograms AS durations ON durations.owner_id = counts.owner_id AND durations.scope = counts.scope
  AND durations.ended_on = counts.ended_on AND durations.kind = 'duration'
LEFT JOIN histograms AS waits ON waits.owner_id = counts.owner_id AND waits.scope = counts.scope
  AND waits.ended_on = counts.ended_on AND waits.kind = 'wait'
LEFT JOIN of_apps ON of_apps.owner_id = counts.owner_id AND of_apps.ended_on = counts.ended_on;

UPDATE deployments SET counted = 1 WHERE ended_on IS NOT NULL;

DROP INDEX deployments_ended_of_owner;
DROP INDEX deployments_ended_of_app;
