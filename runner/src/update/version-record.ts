/** What a runner remembers of its own updates. Pure, apart from reading and writing the file. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Sha256 } from '@appflux/protocol';
import { z } from 'zod';
import { syncPath } from '../cache/durable.ts';

/** A package of the runner, as an instance serves it. */
export const Version = z.strictObject({ version: z.string().min(1).max(40), sha256: Sha256 });
export type Version = z.infer<typeof Version>;

/** What the owner of the machine has installed. A checkout has no checksum. */
export const Installed = z.strictObject({ version: z.string(), sha256: Sha256.nullable() });
export type Installed = z.infer<typeof Installed>;

export const VersionRecord = z.strictObject({
  /** The installation that this is about: with another one, all of it is void. */
  installed: Installed,
  /** What runs in its place; null for the installation itself. */
  current: Version.nullable(),
  /** What has not proved itself yet, and how often it was started for that. */
  trying: Version.extend({ tries: z.int().min(0) }).nullable(),
  /** What failed where the version before it worked: not tried again. */
  refused: z.array(Version.extend({ reason: z.string().max(500) })),
});
export type VersionRecord = z.infer<typeof VersionRecord>;

/** A version that fails so often is refused, even if the one before it didn't work at that time either. */
export const MOST_TRIES = 3;

/** Of so many refused versions the newest are remembered. */
const MOST_REFUSED = 50;

export const emptyRecord = (installed: Installed): VersionRecord => ({
  installed,
  current: null,
  trying: null,
  refused: [],
});

/** A version was made ready: it is started next, unless that one is being tried already. */
export const readied = (record: VersionRecord, { version, sha256 }: Version): VersionRecord => ({
  ...record,
  trying: record.trying?.sha256 === sha256 ? record.trying : { version, sha256, tries: 0 },
});

/** The version that is tried is about to be started. */
export const begun = (record: VersionRecord): VersionRecord => ({
  ...record,
  trying: record.trying && { ...record.trying, tries: record.trying.tries + 1 },
});

/** The owner stopped the runner before the version could prove itself: that start doesn't count. */
export const interrupted = (record: VersionRecord): VersionRecord => ({
  ...record,
  trying: record.trying && { ...record.trying, tries: Math.max(0, record.trying.tries - 1) },
});

/** The version that was tried works. */
export function proved(record: VersionRecord): VersionRecord {
  if (record.trying === null) return record;
  const { version, sha256 } = record.trying;
  return { ...record, current: { version, sha256 }, trying: null };
}

/** A version failed, and the one before it works: it isn't started again. */
export function refused(record: VersionRecord, { version, sha256 }: Version, reason: string): VersionRecord {
  const others = record.refused.filter((other) => other.sha256 !== sha256);
  const isTried = record.trying?.sha256 === sha256;
  const isCurrent = record.current?.sha256 === sha256;
  return {
    ...record,
    current: isCurrent ? null : record.current,
    trying: isTried ? null : record.trying,
    refused: [...others, { version, sha256, reason: reason.slice(0, 500) }].slice(-MOST_REFUSED),
  };
}

/** The folder of versions in a state folder. */
export const versionsFolder = (state: string): string => join(state, 'versions');

/** Where a version is unpacked. */
export const folderOf = (state: string, { sha256 }: Pick<Version, 'sha256'>): string =>
  join(versionsFolder(state), sha256);

const fileOf = (state: string) => join(versionsFolder(state), 'versions.json');

/** What was recorded for this installation. A file that is damaged, or of another installation, counts as none. */
export async function readRecord(state: string, { version, sha256 }: Installed): Promise<VersionRecord> {
  const kept = await keptRecord(state);
  const isOfThis = kept?.installed.version === version && kept.installed.sha256 === sha256;
  return kept !== null && isOfThis ? kept : emptyRecord({ version, sha256 });
}

/** The versions that failed here. */
export const readRefused = async (state: string): Promise<VersionRecord['refused']> =>
  (await keptRecord(state))?.refused ?? [];

async function keptRecord(state: string): Promise<VersionRecord | null> {
  try {
    const parsed = VersionRecord.safeParse(parseJson(await readFile(fileOf(state), 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes the record, whole or not at all. */
export async function writeRecord(state: string, record: VersionRecord): Promise<void> {
  await mkdir(versionsFolder(state), { recursive: true, mode: 0o700 });
  const path = fileOf(state);
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await syncPath(fresh);
  await rename(fresh, path);
}
