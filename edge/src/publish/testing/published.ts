/** For tests: apps with deployments that have delivered real files. */
import { env } from 'cloudflare:workers';
import { metadataOf } from '../../metadata/index.ts';
import type { AppRecord, DeploymentRecord } from '../../metadata/metadata.ts';
import { appRecord, deploymentRecord } from '../../metadata/testing/sample-records.ts';
import { hex } from '../../storage/hex.ts';
import { objectsOf } from '../../storage/index.ts';
import { artifactKey } from '../../storage/keys.ts';

/** An app that is kept. Slugs are at most 40 characters. */
export async function givenApp(members: Partial<AppRecord> = {}): Promise<AppRecord> {
  const app = appRecord(members);
  await metadataOf(env).apps.insert(app);
  return app;
}

/** A deployment that is kept and has delivered these files. A production success becomes the app's release. */
export async function givenDeployment(
  app: AppRecord,
  files: Record<string, string>,
  members: Partial<DeploymentRecord> = {},
): Promise<DeploymentRecord> {
  const deployment = deploymentRecord(app, {
    status: 'success',
    attempt: 1,
    finishedAt: '2026-11-23T10:00:00.000Z',
    ...members,
  });
  const artifacts: DeploymentRecord['artifacts'] = [];
  for (const [name, content] of Object.entries(files)) {
    const bytes = new TextEncoder().encode(content);
    const key = artifactKey(app.id, deployment.id, 1, name);
    const sha256 = hex(await crypto.subtle.digest('SHA-256', bytes));
    await objectsOf(env).put(key, bytes, 'application/octet-stream');
    const etag = (await objectsOf(env).head(key))?.etag ?? '';
    artifacts.push({
      name,
      key,
      etag,
      sha256,
      size: bytes.byteLength,
      contentType: 'application/x-thing',
      meta: {},
    });
  }
  const record = { ...deployment, artifacts, ...(members.artifacts && { artifacts: members.artifacts }) };
  await metadataOf(env).deployments.project(record, 1);
  return record;
}
