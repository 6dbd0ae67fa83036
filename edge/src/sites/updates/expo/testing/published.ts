/** For tests: deployments that have published updates, as storage and metadata have them after a build. */

import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { brotliCompressSync, crc32, deflateRawSync } from 'node:zlib';
import {
  EMPTY_RULES,
  type ExpoUpdateMeta,
  encodeSiteManifest,
  type SiteEntry,
  type SiteManifest,
} from '@appflux/protocol';
import { metadataOf } from '../../../../metadata/index.ts';
import type { AppRecord, DeploymentRecord } from '../../../../metadata/metadata.ts';
import { deploymentRecord } from '../../../../metadata/testing/sample-records.ts';
import { objectsOf } from '../../../../storage/index.ts';
import { siteManifestKey, sitePackKey } from '../../../../storage/keys.ts';

const digest = (algorithm: 'sha256' | 'md5', text: string) =>
  createHash(algorithm).update(text).digest('hex');

/** A deployment whose update has this JavaScript and one picture. A production success becomes the app's release. */
export async function givenUpdate(
  app: AppRecord,
  update: { readonly runtimeVersion: string; readonly code: string; readonly ios?: boolean },
  members: Partial<DeploymentRecord> = {},
): Promise<DeploymentRecord> {
  const { runtimeVersion, code, ios = false } = update;
  const picture = 'the bytes of a picture';
  const record = deploymentRecord(app, {
    status: 'success',
    attempt: 1,
    finishedAt: new Date().toISOString(),
    ...members,
    artifacts: [
      {
        name: 'app-update.zip',
        key: siteManifestKey(app.id, members.id ?? ''),
        size: 1,
        sha256: digest('sha256', code),
        contentType: 'application/zip',
        meta: {
          update: 'expo',
          androidRuntime: runtimeVersion,
          ...(ios && { iosRuntime: runtimeVersion }),
        },
      },
    ],
  });
  const platform = {
    runtimeVersion,
    bundle: { path: 'bundle.js', key: digest('md5', code) },
    assets: [
      { path: 'assets/picture', key: digest('md5', picture), contentType: 'image/png', extension: 'png' },
    ],
  };
  const meta: ExpoUpdateMeta = {
    android: platform,
    ...(ios && { ios: platform }),
    expoConfig: { name: app.name, slug: app.slug },
  };
  await storeSite(
    app.id,
    record.id,
    { 'assets/picture': picture, 'bundle.js': code, 'unlisted.txt': 'secret' },
    meta,
  );
  await metadataOf(env).deployments.project(record, 1);
  return record;
}

/** Stores a pack and the manifest of it. */
async function storeSite(
  appId: string,
  deploymentId: string,
  contents: Readonly<Record<string, string>>,
  meta: ExpoUpdateMeta,
): Promise<void> {
  const parts: Buffer[] = [];
  let offset = 0;
  const add = (bytes: Buffer) => {
    parts.push(bytes);
    offset += bytes.length;
    return [offset - bytes.length, bytes.length] as const;
  };
  const files = Object.entries(contents).map(([path, text]): SiteEntry => {
    const bytes = Buffer.from(text);
    const own = add(path.endsWith('.js') ? deflateRawSync(bytes) : bytes);
    const br = path.endsWith('.js') ? add(brotliCompressSync(bytes)) : ([0, 0] as const);
    const method = path.endsWith('.js') ? 8 : 0;
    return [path, bytes.length, digest('sha256', text), crc32(bytes), 0, ...own, method, ...br];
  });
  const pack = Buffer.concat(parts);
  const key = sitePackKey(appId, deploymentId);
  await objectsOf(env).put(key, new Uint8Array(pack), 'application/octet-stream');
  const manifest: SiteManifest = {
    version: 1,
    kind: 'expo',
    deploymentId,
    packs: [{ key, size: pack.length }],
    files,
    rules: EMPTY_RULES,
    meta,
  };
  await objectsOf(env).put(
    siteManifestKey(appId, deploymentId),
    await encodeSiteManifest(manifest),
    'application/gzip',
  );
}
