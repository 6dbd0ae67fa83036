/** What an APK or an app bundle says about itself. */
import { open } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { openPromise, type ZipFile } from 'yauzl';
import type { ContentFacts } from '../index.ts';
import { MalformedFile } from '../malformed.ts';
import { type BundleManifest, bundleText, readBundleManifest } from './bundle-manifest.ts';
import type { Value } from './chunks.ts';
import { type AndroidManifest, readManifest } from './manifest.ts';
import { permissionList } from './permissions.ts';
import { resolveText } from './resource-table.ts';
import { blockSignatures, isJarSignature } from './signature.ts';

/** Entries that are read, unpacked, and the most that each may weigh. */
export const ENTRIES = {
  apk: {
    manifest: { name: 'AndroidManifest.xml', maxBytes: 4 * 1024 * 1024 },
    table: { name: 'resources.arsc', maxBytes: 64 * 1024 * 1024 },
  },
  aab: {
    manifest: { name: 'base/manifest/AndroidManifest.xml', maxBytes: 4 * 1024 * 1024 },
    table: { name: 'base/resources.pb', maxBytes: 64 * 1024 * 1024 },
  },
} as const;
/** Names of an APK that are looked at. */
export const MOST_ENTRIES = 200_000;

/** Label, package, versions, permissions and signatures of an APK or an app bundle. */
export async function androidFacts(path: string, format: 'apk' | 'aab'): Promise<ContentFacts> {
  const { manifest, table } = ENTRIES[format];
  const entries = await readEntries(path, [manifest, table]);
  const signatures = [...(entries.isJarSigned ? ['v1'] : []), ...(await signaturesOf(path))];
  const signed = signatures.length > 0;
  const signing = { signed, ...(signed ? { signatures: signatures.join(', ') } : {}) };
  const found = entries.files.get(manifest.name);
  if (found === undefined) return signing;
  const facts = manifestFacts(format, found, entries.files.get(table.name) ?? null);
  return { ...facts, ...signing };
}

function manifestFacts(format: 'apk' | 'aab', manifest: Buffer, table: Buffer | null): ContentFacts {
  if (format === 'aab') {
    const facts = readBundleManifest(manifest);
    const resources = table ?? Buffer.alloc(0);
    return {
      ...commonFacts(facts),
      label: bundleText(resources, facts.label),
      version: bundleText(resources, facts.versionName),
    };
  }
  const facts = readManifest(manifest);
  const text = (value: string | Value | null) => {
    if (value === null || typeof value === 'string') return value;
    return table === null ? null : resolveText(table, value);
  };
  return { ...commonFacts(facts), label: text(facts.label), version: text(facts.versionName) };
}

const commonFacts = (facts: AndroidManifest | BundleManifest): ContentFacts => ({
  package: facts.package,
  versionCode: facts.versionCode,
  minSdk: facts.minSdk,
  targetSdk: facts.targetSdk,
  permissions: permissionList(facts.permissions),
});

async function signaturesOf(path: string): Promise<string[]> {
  await using file = await open(path);
  return await blockSignatures(file, (await file.stat()).size);
}

interface Entries {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly isJarSigned: boolean;
}

/** The wanted entries of a package that are there and not too large, and whether it is signed as a JAR is. */
export async function readEntries(
  path: string,
  wanted: readonly { name: string; maxBytes: number }[],
): Promise<Entries> {
  const zip: ZipFile = await openPromise(path);
  const files = new Map<string, Buffer>();
  let isJarSigned = false;
  let count = 0;
  for await (const entry of zip.eachEntry()) {
    count += 1;
    if (count > MOST_ENTRIES) throw new MalformedFile(`more than ${MOST_ENTRIES} files`);
    if (isJarSignature(entry.fileName)) isJarSigned = true;
    const want = wanted.find(({ name }) => name === entry.fileName);
    if (want === undefined || entry.uncompressedSize > want.maxBytes) continue;
    // yauzl makes sure that an entry unpacks to no more than its size.
    files.set(want.name, await buffer(await zip.openReadStreamPromise(entry)));
  }
  return { files, isJarSigned };
}
