/** Compares the contents of storage, read through its own S3 endpoint, with what the deployments have published. */
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { type Deployment, readSiteManifest } from '@appflux/protocol';
import { AwsClient } from 'aws4fetch';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import type { EdgeInstance } from '../../e2e/instance/edge.ts';
import { PAGE } from '../workload.ts';

/** The sizes of all objects in the bucket below a prefix, by key. */
export async function listObjects(
  bucket: EdgeInstance['bucket'],
  prefix: string,
): Promise<Map<string, number>> {
  const { accessKeyId, secretAccessKey } = bucket;
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto' });
  const found = new Map<string, number>();
  for (let token = ''; ; ) {
    const query = new URLSearchParams({ 'list-type': '2', prefix });
    if (token !== '') query.set('continuation-token', token);
    const answer = await client.fetch(`${bucket.url}?${query}`);
    const xml = await answer.text();
    if (!answer.ok) throw new Error(`Listing the bucket was answered ${answer.status}: ${xml}`);
    // Our keys contain nothing that XML would have to escape.
    for (const [, key = '', size] of xml.matchAll(/<Key>([^<]*)<\/Key><Size>(\d+)<\/Size>/g))
      found.set(key, Number(size));
    token = /<NextContinuationToken>([^<]*)</.exec(xml)?.[1] ?? '';
    if (token === '') return found;
  }
}

/** The packs that each manifest of a site lists, with their sizes, by the manifest's key. */
export async function readManifests(
  bucket: EdgeInstance['bucket'],
  keys: Iterable<string>,
): Promise<Map<string, { key: string; size: number }[]>> {
  const { accessKeyId, secretAccessKey } = bucket;
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'auto' });
  const manifests = new Map<string, { key: string; size: number }[]>();
  for (const key of keys) {
    if (!key.endsWith('.json.gz')) continue;
    const answer = await client.fetch(`${bucket.url}/${key}`);
    const read = await readSiteManifest(new Uint8Array(await answer.arrayBuffer()));
    // One that is gone by now, or can't be read, lists nothing: its packs are then objects without an owner.
    manifests.set(key, read.outcome === 'ok' ? read.manifest.packs : []);
  }
  return manifests;
}

/** What of a deployment storage is compared with. */
type Published = Pick<Deployment, 'id' | 'appId' | 'attempt' | 'artifacts'> &
  Partial<Pick<Deployment, 'site'>>;

/**
 * Whether storage contains each artifact, each log and each site once, and nothing else below `apps/`. A site is its
 * manifest and the packs that this lists; its archive is no object. Pure.
 */
export function judgeObjects(
  objects: ReadonlyMap<string, number>,
  deployments: readonly Published[],
  manifests: ReadonlyMap<string, readonly { key: string; size: number }[]> = new Map(),
): string[] {
  const faults: string[] = [];
  const left = new Map(objects);
  for (const { id, appId, attempt, artifacts, site } of deployments) {
    const folder = `apps/${appId}/${id}`;
    if (!left.delete(`${folder}/log.ndjson.gz`)) faults.push(`${id} has no archived log`);
    if (site) {
      const manifest = `apps/${appId}/sites/manifests/${id}.json.gz`;
      if (!left.delete(manifest)) faults.push(`${id} has no manifest of its site`);
      for (const { key, size } of manifests.get(manifest) ?? []) {
        const stored = objects.get(key);
        if (stored !== size) faults.push(`${id}: ${key} has ${stored ?? 'no'} bytes in storage, not ${size}`);
        left.delete(key);
      }
      continue;
    }
    for (const { name, size } of artifacts) {
      const key = `${folder}/${attempt}/${name}`;
      const stored = left.get(key);
      if (stored !== size) faults.push(`${id}: ${name} has ${stored ?? 'no'} bytes in storage, not ${size}`);
      left.delete(key);
    }
  }
  for (const key of left.keys()) faults.push(`${key} is in storage but belongs to no deployment`);
  return faults;
}

/** Whether an artifact's public URL returns the bytes of its record, made by the build that the log shows. */
export async function judgeArtifact(
  artifact: Deployment['artifacts'][number],
  digest: string | null,
): Promise<string[]> {
  const answer = await fetch(artifact.url);
  if (!answer.ok) return [`${artifact.name} was answered with ${answer.status}`];
  const bytes = Buffer.from(await answer.arrayBuffer());
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== artifact.sha256)
    return [`${artifact.name} has the SHA-256 ${sha256}, not ${artifact.sha256}`];
  const page = await readEntry(bytes, PAGE);
  return digest !== null && page?.includes(digest)
    ? []
    : [`${artifact.name} was made by a different build than the log shows (${digest}): ${page}`];
}

const open = promisify<Buffer, { lazyEntries: boolean }, ZipFile>(yauzl.fromBuffer);

/** The text of a file in a ZIP; null if there is no such file. */
async function readEntry(zip: Buffer, name: string): Promise<string | null> {
  const file = await open(zip, { lazyEntries: true });
  const entry = await new Promise<Entry | null>((resolve, reject) => {
    file.on('error', reject).on('end', () => resolve(null));
    file.on('entry', (next: Entry) => (next.fileName === name ? resolve(next) : file.readEntry()));
    file.readEntry();
  });
  if (entry === null) return null;
  return text(await promisify(file.openReadStream.bind(file) as (entry: Entry, done: Done) => void)(entry));
}

type Done = (error: Error | null, stream: NodeJS.ReadableStream) => void;
