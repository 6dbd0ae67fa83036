/** For tests: sites in the store of an app, without the deployment that publishes them. */
import { env } from 'cloudflare:workers';
import type { SiteIndex } from '@appflux/protocol';
import { sitesOf } from '../../objects/sites.ts';
import { objectsOf } from '../../storage/index.ts';
import { newPackName, siteManifestKey, sitePackKey } from '../../storage/keys.ts';
import { bytesOf } from '../../storage/read.ts';
import { type PublishedSite, publishPack } from '../packs/publish-pack.ts';
import { makePack, sha256Hex } from './pack.ts';

/** What is published: files, and what the index has besides them. `base` is the deployment that it continues. */
export interface SiteContent {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly index?: Partial<SiteIndex>;
  readonly base?: string;
}

/** Publishes a site as a deployment of the app. */
export async function givenSite(
  { appId, deploymentId }: { readonly appId: string; readonly deploymentId: string },
  { files, index = {}, base }: SiteContent,
): Promise<PublishedSite> {
  const objects = objectsOf(env);
  const sites = sitesOf(env, appId);
  const name = newPackName(deploymentId, 1);
  const by = { deploymentId, attempt: 1 };
  const continued =
    base === undefined ? {} : { base: { deploymentId: base, sha256: await digestOf(appId, base) } };
  const { bytes } = await makePack(files, { ...continued, ...index });
  const key = sitePackKey(appId, name);
  await sites.expect(name, by);
  await objects.put(key, bytes, 'application/octet-stream');
  return publishPack(
    {
      ...by,
      appId,
      branch: 'main',
      environment: 'production',
      name,
      key,
      size: bytes.length,
      maxBytes: 1e9,
    },
    { objects, publish: (request, manifest) => sites.publish(request, manifest) },
  );
}

async function digestOf(appId: string, deploymentId: string): Promise<string> {
  const object = await objectsOf(env).get(siteManifestKey(appId, deploymentId));
  if (object === null) throw new Error(`${deploymentId} has published nothing`);
  return sha256Hex(await bytesOf(object.body));
}
