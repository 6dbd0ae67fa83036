/** For tests: deployments that ended at some time, with their artifacts and logs in storage. */
import { env } from 'cloudflare:workers';
import type { KeepRule } from '@appflux/protocol';
import { metadataOf } from '../../metadata/index.ts';
import type { AppRecord, DeploymentRecord } from '../../metadata/metadata.ts';
import { newObjectId } from '../../metadata/object-id.ts';
import { givenApp, givenDeployment } from '../../publish/testing/published.ts';
import { objectsOf } from '../../storage/index.ts';
import { deploymentPrefix, logKey } from '../../storage/keys.ts';

export const NOW = Date.UTC(2026, 10, 20, 12);
export const OLD = '2026-01-01T00:00:00.000Z';

/** An app that keeps artifacts and logs by one rule. */
export const appKeeping = (rule: KeepRule, members: Partial<AppRecord> = {}): Promise<AppRecord> =>
  givenApp({ retention: { artifacts: rule, logs: rule }, ...members });

/** A success of long ago, with one file of 5 bytes and a log. It does not become the app's release. */
export async function oldDeployment(
  app: AppRecord,
  members: Partial<DeploymentRecord> = {},
): Promise<DeploymentRecord> {
  const id = newObjectId();
  const key = logKey(app.id, id);
  await objectsOf(env).put(key, 'a log', 'application/gzip');
  const before = (await metadataOf(env).apps.byId(app.id))?.release ?? null;
  const record = await givenDeployment(
    app,
    { 'a.bin': '12345' },
    { id, finishedAt: OLD, logKey: key, ...members },
  );
  await metadataOf(env).apps.update(app.id, { release: before });
  return record;
}

/** What storage holds of a deployment, without what all keys begin with. */
export async function storedOf({ appId, id }: DeploymentRecord): Promise<string[]> {
  const prefix = deploymentPrefix(appId, id);
  const { keys } = await objectsOf(env).list(prefix);
  return keys.map((key) => key.slice(prefix.length)).sort();
}
