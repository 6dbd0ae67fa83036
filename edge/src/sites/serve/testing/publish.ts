/** Publishes sites in the instance of the tests, as the store does: a pack, a manifest, and the records. */

import { env } from 'cloudflare:workers';
import { brotliCompressSync, crc32, deflateRawSync } from 'node:zlib';
import {
  EMPTY_RULES,
  encodeSiteManifest,
  type ServerSpec,
  type SiteEntry,
  type SiteRules,
} from '@appflux/protocol';
import { metadataOf } from '../../../metadata/index.ts';
import type { AppRecord, DeploymentRecord } from '../../../metadata/metadata.ts';
import { appRecord, deploymentRecord } from '../../../metadata/testing/sample-records.ts';
import { objectsOf } from '../../../storage/index.ts';
import { siteManifestKey, sitePackKey } from '../../../storage/keys.ts';
import { forgetSite } from '../../hosts/resolve.ts';

/** The contents of files by their paths. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** The pack of a published deployment. */
export const packName = (deploymentId: string): string => `${deploymentId}-1-test`;

/** An App without a release. Its host is `{slug}.sites.localhost:8787`. */
export async function newApp(members: Partial<AppRecord> = {}): Promise<AppRecord> {
  const app = appRecord(members);
  await metadataOf(env).apps.insert(app);
  forgetSite(app.id);
  return app;
}

/** Publishes a deployment, which production releases. Gives its record. */
export async function publish(
  app: AppRecord,
  files: Files,
  {
    rules,
    server,
    ...members
  }: Partial<DeploymentRecord> & { rules?: Partial<SiteRules>; server?: ServerSpec } = {},
): Promise<DeploymentRecord> {
  const record = deploymentRecord(app, {
    status: 'success',
    environment: 'production',
    site: { kind: 'static', files: Object.keys(files).length, bytes: 0, newFiles: 0, newBytes: 0 },
    ...members,
  });
  const objects = objectsOf(env);
  const key = sitePackKey(app.id, packName(record.id));
  const { pack, entries } = await packOf(files);
  await objects.put(key, pack, 'application/octet-stream');
  const manifest = await encodeSiteManifest({
    version: 1,
    kind: 'site',
    deploymentId: record.id,
    packs: [{ key, size: pack.length }],
    files: entries,
    rules: { ...EMPTY_RULES, ...rules },
    ...(server !== undefined && { server }),
  });
  await objects.put(siteManifestKey(app.id, record.id), manifest, 'application/gzip');
  await metadataOf(env).deployments.project(record, 1);
  forgetSite(app.id);
  return record;
}

async function packOf(files: Files): Promise<{ pack: Uint8Array; entries: SiteEntry[] }> {
  const parts: Uint8Array[] = [new TextEncoder().encode('AFSITE01')];
  let end = 8;
  const append = (part: Uint8Array): number => {
    parts.push(part);
    end += part.length;
    return end - part.length;
  };
  const entries: SiteEntry[] = [];
  for (const [path, content] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const isText = typeof content === 'string' && content !== '';
    const own = isText ? deflateRawSync(bytes) : bytes;
    const br = isText ? brotliCompressSync(bytes) : null;
    const sha256 = Buffer.from(await crypto.subtle.digest('SHA-256', bytes as BufferSource)).toString('hex');
    entries.push([
      path,
      bytes.length,
      sha256,
      crc32(bytes),
      0,
      append(own),
      own.length,
      isText ? 8 : 0,
      br === null ? 0 : append(br),
      br?.length ?? 0,
    ]);
  }
  return { pack: new Uint8Array(Buffer.concat(parts)), entries };
}
