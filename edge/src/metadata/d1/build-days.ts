/** The days that analytics read, in D1: written in the same transaction as the deployment's end, and so exactly once. */
import type { End } from '../analytics.ts';
import { ALL_APPS, type BuildDay, countedAs, dayOfEnd, type Tally } from '../build-days.ts';
import type { DeploymentRecord } from '../metadata.ts';
import { json, number, text } from './columns.ts';
import type { Row, Statement } from './database.ts';

/** How large the list of a team's apps on one day may become, in bytes: a row may have 2 MB. Others are not added to it. */
const MOST_APP_BYTES = 1_000_000;

/** A tally with one more of a name, which is a value of the statement; nothing more of null. */
const oneMore = (tally: string, name: string) =>
  `iif(${name} IS NULL, ${tally}, json_set(${tally}, '$."' || ${name} || '"',
     coalesce(json_extract(${tally}, '$."' || ${name} || '"'), 0) + 1))`;

/** Counts an end, unless that was done. It must run before `counted` is set. */
export function countStatement(record: DeploymentRecord, end: End): Statement {
  const { duration, wait, app } = countedAs(record, end);
  const day = dayOfEnd(record, end);
  return {
    sql: `INSERT INTO build_days (owner_id, app_id, day, success, failed, canceled, durations, waits, apps)
          SELECT owner_id, scope.value, ?3, ?4, ?5, ?6, ${oneMore("'{}'", '?7')}, ${oneMore("'{}'", '?8')},
            iif(scope.value = '${ALL_APPS}', ${oneMore("'{}'", '?9')}, '{}')
          FROM deployments JOIN json_each(json_array('${ALL_APPS}', ?2)) AS scope
          WHERE deployments.id = ?1 AND deployments.counted = 0
          ON CONFLICT (owner_id, app_id, day) DO UPDATE SET
            success = build_days.success + excluded.success, failed = build_days.failed + excluded.failed,
            canceled = build_days.canceled + excluded.canceled,
            durations = ${oneMore('build_days.durations', '?7')}, waits = ${oneMore('build_days.waits', '?8')},
            apps = iif(build_days.app_id <> '${ALL_APPS}' OR octet_length(build_days.apps) > ${MOST_APP_BYTES},
              build_days.apps, ${oneMore('build_days.apps', '?9')})`,
    values: [record.id, record.appId, day.day, day.success, day.failed, day.canceled, duration, wait, app],
  };
}

/** A tally without another one. */
const without = (tally: 'durations' | 'waits') =>
  `(SELECT json_group_object(key, count) FROM (
      SELECT key, sum(value) AS count FROM (
        SELECT key, value FROM json_each(team.${tally}) UNION ALL SELECT key, -value FROM json_each(own.${tally})
      ) GROUP BY key HAVING sum(value) > 0
    ))`;

/** Takes the app ?1 out of its team's days, and removes its own. The app must still be there. */
export const FORGET_APP = [
  `UPDATE build_days AS team SET success = team.success - own.success, failed = team.failed - own.failed,
     canceled = team.canceled - own.canceled, durations = ${without('durations')}, waits = ${without('waits')},
     apps = json_remove(team.apps, '$."' || ?1 || ':success"', '$."' || ?1 || ':failed"', '$."' || ?1 || ':canceled"')
   FROM build_days AS own
   WHERE own.owner_id = (SELECT owner_id FROM apps WHERE id = ?1) AND own.app_id = ?1
     AND team.owner_id = own.owner_id AND team.app_id = '${ALL_APPS}' AND team.day = own.day`,
  `DELETE FROM build_days WHERE owner_id = (SELECT owner_id FROM apps WHERE id = ?1)
     AND (app_id = ?1 OR (app_id = '${ALL_APPS}' AND success + failed + canceled = 0))`,
];

export const toBuildDay = (row: Row): BuildDay => ({
  day: text(row, 'day'),
  success: number(row, 'success'),
  failed: number(row, 'failed'),
  canceled: number(row, 'canceled'),
  durations: json<Tally>(row, 'durations'),
  waits: json<Tally>(row, 'waits'),
  apps: json<Tally>(row, 'apps'),
});
