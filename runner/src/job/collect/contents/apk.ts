/** What an APK or an app bundle says about itself. */
import { open } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { openPromise, type ZipFile } from 'yauzl';
import { readManifest } from './android-manifest.ts';
import { blockSignatures, isJarSignature } from './apk-signature.ts';
import type { Value } from './chunks.ts';
import type { ContentFacts } from './index.ts';
import { MalformedFile } from './malformed.ts';
import { resolveText } from './resource-table.ts';

/** Entries that are read, unpacked, and the most that each may weigh. */
const MANIFEST = { name: 'AndroidManifest.xml', maxBytes: 4 * 1024 * 1024 };
const TABLE = { name: 'resources.arsc', maxBytes: 64 * 1024 * 1024 };
/** Names of an APK that are looked at. */
const MOST_ENTRIES = 200_000;

/**
 * Label, package, versions and signatures of an APK; of an app bundle, whose manifest is of another form, whether it is
 * signed.
 */
export async function apkFacts(path: string, format: 'apk' | 'aab'): Promise<ContentFacts> {
  const entries = await readEntries(path, format === 'apk' ? [MANIFEST, TABLE] : []);
  const signatures = [...(entries.isJarSigned ? ['v1'] : []), ...(await signaturesOf(path))];
  const signed = signatures.length > 0;
  const signing = { signed, ...(signed ? { signatures: signatures.join(', ') } : {}) };
  const manifest = entries.files.get(MANIFEST.name);
  if (manifest === undefined) return signing;
  const facts = readManifest(manifest);
  const table = entries.files.get(TABLE.name);
  const text = (value: string | Value | null) => {
    if (value === null || typeof value === 'string') return value;
    return table === undefined ? null : resolveText(table, value);
  };
  return {
    label: text(facts.label),
    package: facts.package,
    version: text(facts.versionName),
    versionCode: facts.versionCode,
    minSdk: facts.minSdk,
    targetSdk: facts.targetSdk,
    ...signing,
  };
}

async function signaturesOf(path: string): Promise<string[]> {
  await using file = await open(path);
  return await blockSignatures(file, (await file.stat()).size);
}

interface Entries {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly isJarSigned: boolean;
}

async function readEntries(
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
