/**
 * The days that analytics read, in MongoDB: one document for each app and day, and one for the team. An end is added to each
 * once: the deployment says when both have it, and a document remembers the deployments that were added last, for one that
 * is reported again after only the first was written.
 */
import type { Db, UpdateFilter } from 'mongodb';
import { type End, endOf } from '../analytics.ts';
import { ALL_APPS, type BuildDay, dayKey, dayOfEnd, type KeptDay, type Tally } from '../build-days.ts';
import type { DeploymentRecord } from '../metadata.ts';
import { is, Records } from './database.ts';
import type { Document } from './documents.ts';

/** How many deployments a day remembers that were added last. */
const REMEMBERED = 64;

/** How many apps a team's day names: a document may have 16 MB. Others are not added to it. */
const MOST_APPS = 50_000;

/** Counts the end of a deployment that is kept, unless that was done. */
export async function countEnd(db: Db, record: DeploymentRecord): Promise<void> {
  const end = endOf(record);
  if (end === null) return;
  const deployments = new Records<DeploymentRecord>(db, 'deployments');
  const uncounted = { ...deployments.key(record.id), counted: { $ne: true } };
  if ((await deployments.documents.countDocuments(uncounted, { limit: 1 })) === 0) return;
  for (const appId of [ALL_APPS, record.appId]) await add(db, appId, record, end);
  await deployments.documents.updateOne(uncounted, { $set: { counted: true } });
}

async function add(db: Db, appId: string, record: DeploymentRecord, end: End): Promise<void> {
  const days = new Records<KeptDay>(db, 'buildDays');
  const { ownerId, id } = record;
  const added = dayOfEnd(record, end);
  const apps = appId === ALL_APPS ? added.apps : {};
  const key = dayKey(ownerId, appId, end.endedOn);
  const filter = days.key(key);
  for (;;) {
    const there = await days.documents.findOne(filter);
    if (there === null) {
      if (await days.insert({ ...added, apps, id: key, ownerId, appId }, { recent: [id] })) return;
      // Another end began it in this moment.
      continue;
    }
    // A day that was copied from the other backend remembers none.
    const recent: string[] = there.recent ?? [];
    if (recent.includes(id)) return;
    const isFull = Object.keys(there.apps).length >= MOST_APPS;
    const update = { $inc: increments({ ...added, apps: isFull ? {} : apps }), $push: { recent: id } };
    const { matchedCount } = await days.documents.updateOne(
      { ...filter, recent: { $ne: id } },
      // The driver's types know no list in a document that has any member.
      update as unknown as UpdateFilter<Document>,
    );
    if (matchedCount === 0) continue;
    // `$slice` would do it in the same step, but FerretDB passes over it.
    if (recent.length >= REMEMBERED) await days.documents.updateOne(filter, { $pop: { recent: -1 } });
    return;
  }
}

/** What is added to a document, by the paths of its members; `sign` is -1 to take it out. */
function increments(day: BuildDay, sign: 1 | -1 = 1): Record<string, number> {
  const { success, failed, canceled } = day;
  const counts = Object.entries({ success, failed, canceled });
  const tallies = (['durations', 'waits', 'apps'] as const).flatMap((name) =>
    Object.entries<number>(day[name] satisfies Tally).map(
      ([key, count]) => [`${name}.${key}`, count] as const,
    ),
  );
  return Object.fromEntries(
    [...counts, ...tallies].filter(([, count]) => count > 0).map(([path, count]) => [path, count * sign]),
  );
}

/** Takes an app that is gone out of its team's days, and removes its own. */
export async function forgetBuilds(db: Db, appId: string): Promise<void> {
  const days = new Records<KeptDay>(db, 'buildDays');
  for (;;) {
    // One by one: what was taken out of the team's day must not be taken out again.
    const document = await days.documents.findOneAndDelete({ appId: is(appId) });
    if (document === null) return;
    const own = days.record(document);
    const named = (['success', 'failed', 'canceled'] as const).map((status) => [
      `apps.${appId}:${status}`,
      '',
    ]);
    // The team's day remembers none of the app's deployments that the app's own day does not.
    const update = {
      $inc: increments({ ...own, apps: {} }, -1),
      $unset: Object.fromEntries(named),
      $pullAll: { recent: document.recent ?? [] },
    };
    await days.documents.updateOne(
      days.key(dayKey(own.ownerId, ALL_APPS, own.day)),
      update as unknown as UpdateFilter<Document>,
    );
  }
}
