/** Unpacks a ZIP into an empty folder. */

import { constants } from 'node:fs';
import { access, mkdir, open, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { quoted } from '@appflux/protocol';
import type { Entry, ZipFile } from 'yauzl';
import { own, say } from '../../../masking/sentence.ts';
import { JobFailure } from '../../../step-context.ts';
import type { SourceLimits } from '../limits.ts';
import { eachEntry, readEntry } from './archive.ts';
import { listEntry } from './directory.ts';
import { type ExtractionPlan, ExtractionPlanner, type PlannedEntry } from './plan.ts';

export interface ExtractOptions {
  readonly limits: SourceLimits;
  /** Bytes of the archive. */
  readonly size: number;
  /** The app's root directory: decides whether a single top folder is left away. */
  readonly rootDirectory: string;
  readonly signal: AbortSignal;
}

/**
 * Unpacks `archive` into `folder`, which exists and is empty. The directory is read twice: once to decide
 * about every entry, once to unpack, so that a ZIP with one bad entry writes nothing. Links come last: while
 * files are written there is none that a path could lead through.
 * @returns the folder that was left away because it held everything, or null.
 * @throws {JobFailure} `source_invalid` if it is not a ZIP, is damaged, or holds what must not be there;
 * `disk_full`.
 */
export async function extractZip(
  archive: string,
  folder: string,
  options: ExtractOptions,
): Promise<string | null> {
  const { entries, unwrapped } = await planExtraction(archive, await foldsNames(folder), options);
  const planned = new Map(entries.map((entry) => [entry.index, entry]));
  const target = new Target(folder);
  await eachEntry(archive, options.signal, async (entry, index, zip) => {
    const wanted = planned.get(index);
    if (wanted !== undefined) await target.put(zip, entry, wanted);
  });
  await target.makeLinks();
  return unwrapped;
}

/** Whether the file system of a folder takes names for one that differ in case or in composition only, as on macOS. */
async function foldsNames(folder: string): Promise<boolean> {
  const probe = join(folder, 'Prob\u00e9');
  await writeFile(probe, '', { flag: 'wx' });
  const others = await Promise.all(
    ['pROB\u00e9', 'Probe\u0301'].map((name) =>
      access(join(folder, name)).then(
        () => true,
        // There is no such file: it is another name.
        () => false,
      ),
    ),
  );
  await rm(probe);
  return others.includes(true);
}

async function planExtraction(
  archive: string,
  foldsNames: boolean,
  options: ExtractOptions,
): Promise<ExtractionPlan> {
  const planner = new ExtractionPlanner(options.limits, { archiveBytes: options.size, foldsNames });
  await eachEntry(archive, options.signal, async (entry, index, zip) => {
    if (index === 0) planner.expect(zip.entryCount);
    planner.add(listEntry(entry));
  });
  return planner.finish(options.rootDirectory);
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** The folder that a ZIP is unpacked into. */
class Target {
  readonly #top: string;
  readonly #made = new Set<string>(['.']);
  readonly #links: { readonly path: string; readonly target: string }[] = [];

  constructor(top: string) {
    this.#top = top;
  }

  async put(zip: ZipFile, entry: Entry, { kind, path }: PlannedEntry): Promise<void> {
    if (kind === 'directory') await this.#folder(path);
    else if (kind === 'link') this.#links.push({ path, target: await readTarget(zip, entry, path) });
    else await this.#file(zip, entry, path, kind === 'program' ? 0o755 : 0o644);
  }

  async makeLinks(): Promise<void> {
    for (const { path, target } of this.#links) {
      await this.#folder(dirname(path));
      await symlink(target, join(this.#top, path));
    }
  }

  async #folder(path: string): Promise<void> {
    if (this.#made.has(path)) return;
    await mkdir(join(this.#top, path), { recursive: true, mode: 0o755 });
    this.#made.add(path);
  }

  async #file(zip: ZipFile, entry: Entry, path: string, mode: number): Promise<void> {
    try {
      await this.#folder(dirname(path));
      const file = await open(join(this.#top, path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
      try {
        await readEntry(zip, entry, path, (chunk) => file.writeFile(chunk));
      } finally {
        await file.close();
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      throw new JobFailure('disk_full', own('The runner’s disk is full: the ZIP could not be unpacked.'), {
        hint: own('Ask the owner of the runner to free disk space.'),
        cause: error,
      });
    }
  }
}

async function readTarget(zip: ZipFile, entry: Entry, path: string): Promise<string> {
  const chunks: Buffer[] = [];
  await readEntry(zip, entry, path, async (chunk) => {
    chunks.push(chunk);
  });
  const target = Buffer.concat(chunks).toString('utf8');
  if (target === '' || target.includes('\0')) {
    throw new JobFailure('source_invalid', say`The ZIP contains a link ${quoted(path)} without a target.`);
  }
  return target;
}
