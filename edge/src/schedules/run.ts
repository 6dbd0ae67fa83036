/** Deploys apps whose schedules are due. The Worker's cron calls it each minute. */
import { type AppFluxError, isAppFluxError, type ScheduleStatus } from '@appflux/protocol';
import { createDeployment, createSkipped, type Parts } from '../deployment/create.ts';
import { journal } from '../journal.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { advance, type Due, firstDue } from './due.ts';

/**
 * How many apps one run deploys: each takes about ten calls of those that a Worker may make. Those that are left are the
 * first of the next minute.
 */
export const MOST_APPS = 60;

/** How many apps are deployed at the same time: a Worker has six connections. */
const AT_ONCE = 5;

/**
 * Deploys what is due by `now`. What can't be deployed is listed as skipped, with its reason. An app whose schedules
 * can't be read or written now stays due, and is tried again at the next minute.
 */
export async function runSchedules(parts: Parts, now: Date): Promise<void> {
  const due = (await parts.metadata.apps.dueSchedules(now.toISOString(), MOST_APPS)).values();
  const runInTurn = async () => {
    for (const app of due) await tryApp(parts, app, now);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runInTurn));
}

async function tryApp(parts: Parts, app: AppRecord, now: Date): Promise<void> {
  try {
    await runApp(parts, app, now);
  } catch (error) {
    journal.error(`schedules of ${app.slug} did not run and will be tried again`, error, { source: 'cron' });
  }
}

/** Each deployment is created once, however often this is repeated: its key names the time that it was due. */
async function runApp(parts: Parts, app: AppRecord, now: Date): Promise<void> {
  const { due, schedules } = advance(app.schedules, now);
  for (const one of due) {
    const deploymentId = await deploy(parts, app, one);
    const after = schedules[one.index];
    if (after === undefined) continue;
    schedules[one.index] =
      deploymentId === null
        ? { ...after, missed: after.missed + 1 }
        : { ...after, lastAt: now.toISOString(), lastDeploymentId: deploymentId };
  }
  // False: somebody has changed the schedules meanwhile, and with that when they are due.
  await parts.metadata.apps.replaceSchedules(app.id, app.schedulesRevision, {
    schedules,
    scheduleDueAt: firstDue(schedules),
    schedulesRevision: newObjectId(),
  });
}

/** Creates the deployment, or one that is skipped; null if there is nothing that could be listed. */
async function deploy(parts: Parts, app: AppRecord, { schedule, at }: Due): Promise<string | null> {
  const { cron, branch, environment } = schedule;
  const input = {
    ...(branch === undefined ? {} : { branch }),
    ...(environment === undefined ? {} : { environment }),
  };
  const options = { trigger: 'schedule', creator: { kind: 'schedule', name: cron } } as const;
  try {
    const idempotencyKey = `schedule ${app.id} ${at} ${keyOf(schedule)}`;
    return (await createDeployment(parts, app, input, { ...options, idempotencyKey })).record.id;
  } catch (error) {
    if (!isAppFluxError(error) || error.code === 'unavailable') throw error;
    return skip(parts, app, { input, options, refusal: error });
  }
}

async function skip(
  parts: Parts,
  app: AppRecord,
  {
    input,
    options,
    refusal,
  }: {
    input: Parameters<typeof createSkipped>[2];
    options: Omit<Parameters<typeof createSkipped>[3], 'reason'>;
    refusal: AppFluxError;
  },
): Promise<string | null> {
  try {
    return (await createSkipped(parts, app, input, { ...options, reason: refusal.message })).record.id;
  } catch (error) {
    if (!isAppFluxError(error) || error.code === 'unavailable') throw error;
    // Such as an app that is built from uploads now. Its schedule shows that it missed this time.
    journal.info(`${app.slug} was not deployed by its schedule ${options.creator.name}: ${refusal.message}`);
    return null;
  }
}

const keyOf = ({ cron, branch, environment }: ScheduleStatus) =>
  JSON.stringify([cron, branch ?? null, environment ?? null]);
