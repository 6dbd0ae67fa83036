import { env } from 'cloudflare:workers';
import { inflateRawSync } from 'node:zlib';
import { type SiteManifest, siteFile } from '@appflux/protocol';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { metadataOf } from '../../metadata/index.ts';
import { newObjectId } from '../../metadata/object-id.ts';
import { sitesOf } from '../../objects/sites.ts';
import { appKeeping, oldDeployment } from '../../retention/testing/deployments.ts';
import { objectsOf } from '../../storage/index.ts';
import { siteManifestKey, sitesPrefix } from '../../storage/keys.ts';
import { bytesOf } from '../../storage/read.ts';
import { forgetAll } from '../../testing/worker.ts';
import { siteManifest } from '../store/manifest.ts';
import { blobPlace, readBlob } from '../store/read-blob.ts';
import { INFO_ZIP, RECORDED, STREAMED } from '../testing/delivered-zips.ts';
import { joined } from '../testing/pack.ts';
import { manifestOfZip } from './manifest-of-zip.ts';

beforeAll(forgetAll);

const objects = objectsOf(env);

async function manifestOf(zip: Uint8Array<ArrayBuffer>): Promise<SiteManifest | null> {
  const key = `apps/${newObjectId()}/x/1/site.zip`;
  await objects.put(key, zip, 'application/zip');
  return manifestOfZip(objects, newObjectId(), { key, size: zip.length });
}

async function contents(manifest: SiteManifest | null): Promise<Record<string, string>> {
  const read = (manifest?.files ?? []).map(async (entry) => {
    const place = manifest && blobPlace(manifest, entry);
    if (!place) throw new Error('no place');
    const bytes = await bytesOf(await readBlob(objects, place));
    const { path, method } = siteFile(entry);
    return [path, new TextDecoder().decode(method === 'deflate' ? inflateRawSync(bytes) : bytes)] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

const HELLO = 'hello hello hello hello';

describe('the files of a delivered ZIP', () => {
  test('of a recorded version', async () => {
    expect(Object.keys(await contents(await manifestOf(RECORDED)))).toEqual(['index.html']);
  });

  test('of zip, without links, folders and hidden files', async () => {
    expect(await contents(await manifestOf(INFO_ZIP))).toEqual({
      'index.html': HELLO,
      'a/b.js': 'x',
      '.well-known/x': 'ok',
      'ü.txt': 'grüß',
    });
  });

  test('of a streamed one, whose sizes follow the contents', async () => {
    const found = { 'index.html': HELLO, 'big.txt': 'zip64 local header' };
    expect(await contents(await manifestOf(STREAMED))).toEqual(found);
  });

  test('behind a comment, which may look like an end record', async () => {
    const comment = RECORDED.slice(-22);
    const zip = joined([RECORDED, comment]);
    new DataView(zip.buffer).setUint16(RECORDED.length - 2, comment.length, true);
    expect(Object.keys(await contents(await manifestOf(zip)))).toEqual(['index.html']);
  });

  test('far apart are read with a request each, and what is in between is not', async () => {
    const zip = joined([new Uint8Array(3 * 1024 * 1024), STREAMED]);
    // As the directory says, offsets count from the first of its own bytes: move it, and each header.
    const view = new DataView(zip.buffer);
    const shift = zip.length - STREAMED.length;
    view.setUint32(zip.length - 6, view.getUint32(zip.length - 6, true) + shift, true);
    for (let at = shift + 165; at < zip.length - 22; at += 46 + view.getUint16(at + 28, true))
      view.setUint32(at + 42, view.getUint32(at + 42, true) + shift, true);
    expect(Object.keys(await contents(await manifestOf(zip)))).toEqual(['big.txt', 'index.html']);
  });
});

/** The directory entry of the first file of RECORDED, and where a field of it is. */
const changed = (
  change: (view: DataView, entry: number) => void,
  zip = RECORDED,
): Uint8Array<ArrayBuffer> => {
  const copy = zip.slice();
  change(new DataView(copy.buffer), 97);
  return copy;
};

describe('a hostile ZIP', () => {
  test.each<[string, (view: DataView, entry: number) => void]>([
    ['an encrypted file', (view, at) => view.setUint16(at + 8, 1, true)],
    ['an unknown method', (view, at) => view.setUint16(at + 10, 93, true)],
    ['a stored file of another size', (view, at) => view.setUint16(at + 10, 0, true)],
    ['a link', (view, at) => view.setUint32(at + 38, 0o120777 * 0x10000, true)],
    ['a name with a way out', (view, at) => view.setUint32(at + 46, 0x2f2e2e2f)],
    ['a name that is not UTF-8', (view, at) => view.setUint8(at + 46, 0xff)],
    ['a name with NUL', (view, at) => view.setUint8(at + 48, 0)],
    ['a header in the directory', (view, at) => view.setUint32(at + 42, 97, true)],
    ['a header that is none', (view, at) => view.setUint32(at + 42, 2, true)],
    ['a content beyond the end', (view, at) => view.setUint32(at + 20, 1e6, true)],
    ['ZIP64 values that are missing', (view, at) => view.setUint32(at + 20, 0xffff_ffff, true)],
  ])('with %s: that file is left out', async (_, change) => {
    expect((await manifestOf(changed(change)))?.files).toEqual([]);
  });

  test.each<[string, Uint8Array<ArrayBuffer>]>([
    ['no ZIP', RECORDED.slice(0, 90)],
    ['empty', new Uint8Array(0)],
    ['a directory beyond the end', changed((view) => view.setUint32(view.byteLength - 6, 1e6, true))],
    ['far too many files', changed((view) => view.setUint16(view.byteLength - 12, 60_000, true))],
  ])('that is %s: there is no site', async (_, zip) => {
    expect(await manifestOf(zip)).toBeNull();
  });

  test('names a path twice: the first is served', async () => {
    const entry = RECORDED.slice(97, 97 + 56);
    const zip = joined([RECORDED.slice(0, 97), entry, entry, RECORDED.slice(97 + 56)]);
    const view = new DataView(zip.buffer);
    view.setUint32(zip.length - 10, 112, true);
    expect((await manifestOf(zip))?.files).toHaveLength(1);
  });

  test('whatever its bytes are, either a manifest within it or none is given', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(RECORDED, INFO_ZIP, STREAMED),
        fc.array(fc.tuple(fc.nat(700), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (zip, bytes) => {
          const copy = zip.slice();
          for (const [at, value] of bytes) copy[copy.length - 1 - (at % copy.length)] = value;
          const manifest = await manifestOf(copy);
          for (const entry of manifest?.files ?? []) {
            const { offset, length } = siteFile(entry);
            expect(offset + length).toBeLessThanOrEqual(copy.length);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a deployment of an earlier version', () => {
  const NONE = { keepLast: 5, days: 30 };

  async function givenOld(zip: Uint8Array<ArrayBuffer>, entry = 'index.html') {
    const app = await appKeeping(NONE);
    const id = newObjectId();
    const key = `apps/${app.id}/${id}/1/site.zip`;
    await objects.put(key, zip, 'application/zip');
    const artifact = {
      key,
      name: 'site.zip',
      size: zip.length,
      sha256: '0'.repeat(64),
      contentType: 'application/zip',
    };
    return oldDeployment(app, { id, artifacts: [{ ...artifact, meta: { entry } }], site: null });
  }

  test('gets its manifest when it is first asked for, and loses it when it is removed', async () => {
    const { id, appId } = await givenOld(INFO_ZIP);
    const first = await siteManifest(env, { id, appId });
    expect(first?.files).toHaveLength(4);
    expect(await objects.head(siteManifestKey(appId, id))).not.toBeNull();
    expect(await siteManifest(env, { id, appId })).toEqual(first);
    await metadataOf(env).deployments.markRemoved([id], 'artifacts', new Date().toISOString());
    await sitesOf(env, appId).remove(id);
    expect((await objects.list(sitesPrefix(appId))).keys).toEqual([]);
    expect(await siteManifest(env, { id, appId })).toBeNull();
    // One that is still reading the ZIP comes too late.
    expect(await sitesOf(env, appId).adopt(id, new Uint8Array(1))).toBe(false);
    expect((await objects.list(sitesPrefix(appId))).keys).toEqual([]);
  });

  test('is never continued by a later one', async () => {
    const { id, appId } = await givenOld(INFO_ZIP);
    await siteManifest(env, { id, appId });
    const by = { deploymentId: newObjectId(), attempt: 1, branch: null };
    expect(await sitesOf(env, appId).base(by)).toBeNull();
  });

  test('whose ZIP is no site has none, nor has one of another app', async () => {
    const apk = await givenOld(INFO_ZIP, 'main.html');
    expect(await siteManifest(env, apk)).toBeNull();
    const old = await givenOld(INFO_ZIP);
    expect(await siteManifest(env, { id: old.id, appId: apk.appId })).toBeNull();
    expect(await siteManifest(env, { id: newObjectId(), appId: apk.appId })).toBeNull();
  });

  test('a site whose manifest is lost is damaged, and not none', async () => {
    const old = await givenOld(INFO_ZIP);
    const site = { kind: 'static' as const, files: 1, bytes: 1, newFiles: 1, newBytes: 1 };
    await metadataOf(env).deployments.project({ ...old, site }, 2);
    await expect(siteManifest(env, old)).rejects.toMatchObject({ code: 'artifact_damaged' });
  });
});
