/** Records in the history of an app's feed what its channels point to. */
import { ExpoUpdateFacts } from '@appflux/protocol';
import type { ExpoRow } from '../../../metadata/expo.ts';
import type { AppRecord, DeploymentRecord, Metadata } from '../../../metadata/metadata.ts';
import { type Released, rowsForRelease, rowsForSuccess } from './history.ts';

/** How many changes are read to decide what is current: a change of a release adds one per platform and runtime version. */
const MAX_HISTORY = 500;

/** The runtime versions that a deployment has updates for; null if it has published none. */
export function runtimesOf({ artifacts }: Pick<DeploymentRecord, 'artifacts'>): Released['runtimes'] | null {
  for (const { meta } of artifacts) {
    const facts = ExpoUpdateFacts.safeParse(meta);
    if (!facts.success) continue;
    const { androidRuntime, iosRuntime } = facts.data;
    return {
      ...(androidRuntime !== undefined && { android: androidRuntime }),
      ...(iosRuntime !== undefined && { ios: iosRuntime }),
    };
  }
  return null;
}

/** Records a success: a preview is what its channel says then; a production deployment if it has become the release. */
export async function recordSuccess(record: DeploymentRecord, metadata: Metadata): Promise<void> {
  const runtimes = runtimesOf(record);
  if (record.status !== 'success' || runtimes === null) return;
  const app = await metadata.apps.bySlug(record.app.slug);
  if (app === null || app.id !== record.appId) return;
  if (record.environment === 'production') return recordRelease(app, metadata);
  const history = await metadata.expo.history(app.id, 'preview', MAX_HISTORY);
  const at = record.finishedAt ?? record.createdAt;
  await metadata.expo.record(rowsForSuccess(history, 'preview', released(record, at, runtimes)));
}

/** What this isolate knows to be recorded, by app. */
const recorded = new Map<string, string>();
const REMEMBERED = 1000;

/**
 * Records the release of an app, if that is not done yet. Nothing depends on when it is called: whatever moves the
 * release calls it, and so does the feed, which finds out what a lost call left.
 */
export async function recordRelease(
  app: Pick<AppRecord, 'id' | 'release' | 'releasedAt'>,
  { deployments, expo }: Pick<Metadata, 'deployments' | 'expo'>,
): Promise<void> {
  if (app.release === null) return;
  const pointer = `${app.release} ${app.releasedAt}`;
  if (recorded.get(app.id) === pointer) return;
  const release = await deployments.byId(app.release);
  // The pointer and the record are written at different moments.
  if (release?.status !== 'success') return;
  const history = await expo.history(app.id, 'production', MAX_HISTORY);
  const runtimes = runtimesOf(release);
  if (runtimes !== null || history.length > 0) {
    const at = app.releasedAt ?? release.finishedAt ?? release.createdAt;
    await expo.record(
      withoutRecorded(history, rowsForRelease(history, 'production', released(release, at, runtimes ?? {}))),
    );
  }
  const oldest = recorded.keys().next().value;
  if (recorded.size >= REMEMBERED && oldest !== undefined) recorded.delete(oldest);
  recorded.set(app.id, pointer);
}

const released = (
  { id, appId, createdAt }: DeploymentRecord,
  at: string,
  runtimes: Released['runtimes'],
): Released => ({ id, appId, createdAt, at, runtimes });

/** Most calls find everything recorded. */
function withoutRecorded(history: readonly ExpoRow[], rows: readonly ExpoRow[]): ExpoRow[] {
  const ids = new Set(history.map(({ id }) => id));
  return rows.filter(({ id }) => !ids.has(id));
}
