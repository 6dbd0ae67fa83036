/** Which files of a folder belong to a source. */
import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { nameProblem } from '@appflux/client/pack';
import {
  formatBytes,
  formatNumber,
  MAX_SOURCE_ENTRIES,
  MAX_SOURCE_TREE_BYTES,
  quoted,
} from '@appflux/protocol';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { leadsOut, linkTarget } from './links.ts';
import { rulesFor } from './rules.ts';

/** A file or link to pack. */
export interface Entry {
  /** From the top, with forward slashes. */
  readonly path: string;
  readonly kind: 'file' | 'program' | 'link';
  /** Bytes; of a link, of its target. */
  readonly size: number;
  /** Of a link. */
  readonly target: string | null;
}

export interface Collected {
  /** The folder, as an absolute path. */
  readonly top: string;
  /** In the order of their paths, which is the same on every machine. */
  readonly entries: readonly Entry[];
  readonly bytes: number;
  /** What was left out although no rule says so, as sentences. */
  readonly notes: readonly string[];
}

/** What a runner accepts. */
export interface SourceLimits {
  readonly entries: number;
  readonly bytes: number;
}

const LIMITS: SourceLimits = { entries: MAX_SOURCE_ENTRIES, bytes: MAX_SOURCE_TREE_BYTES };

/**
 * Collects the files of a folder by its ignore files. Links are not followed.
 * @throws CliProblem `usage` if there is no such folder, nothing in it, or more than a runner accepts
 */
export async function collect(folder: string, limits = LIMITS): Promise<Collected> {
  const top = resolve(folder);
  const { rules, prefix } = await rulesFor(top);
  const entries: Entry[] = [];
  const notes: string[] = [];
  const waiting = [{ folder: '', rules }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const item of await itemsOf(top, next.folder)) {
      const path = next.folder === '' ? item.name : `${next.folder}/${item.name}`;
      const fromBase = prefix === '' ? path : `${prefix}/${path}`;
      if (next.rules.leaveOut(fromBase, item.isDirectory())) continue;
      requireReadableName(path);
      if (item.isDirectory()) {
        waiting.push({ folder: path, rules: await next.rules.in(fromBase) });
        continue;
      }
      const entry = await entryOf(top, path, item);
      if (typeof entry === 'string') notes.push(entry);
      else entries.push(entry);
    }
  }
  if (entries.length === 0) {
    throw new CliProblem(
      EXIT.usage,
      `There are no files to deploy in ${top}.`,
      'Name another folder, or check its .gitignore and .appfluxignore.',
    );
  }
  entries.sort((one, other) => (one.path < other.path ? -1 : 1));
  const bytes = entries.reduce((sum, { size }) => sum + size, 0);
  requireRoom(entries, bytes, limits);
  return { top, entries, bytes, notes: notes.sort() };
}

async function itemsOf(top: string, folder: string): Promise<Dirent[]> {
  const path = join(top, ...folder.split('/'));
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    const message =
      code === 'ENOENT'
        ? `There is no folder ${path}.`
        : code === 'ENOTDIR'
          ? `${path} is not a folder.`
          : `${path} can’t be read.`;
    throw new CliProblem(EXIT.usage, message, undefined, error);
  }
}

/** The entry of an item, or a sentence about why it is left out. */
async function entryOf(top: string, path: string, item: Dirent): Promise<Entry | string> {
  const absolute = join(top, ...path.split('/'));
  if (item.isSymbolicLink()) {
    if (await leadsOut(top, path))
      return `${quoted(path)} is left out: it is a link to a path outside the folder.`;
    const target = (await linkTarget(absolute)) ?? '';
    return { path, kind: 'link', size: Buffer.byteLength(target), target };
  }
  if (!item.isFile()) return `${quoted(path)} is left out: it is not a file, folder or link.`;
  const { size, mode } = await lstat(absolute);
  return { path, kind: (mode & 0o100) === 0 ? 'file' : 'program', size, target: null };
}

/** Refuses names that Node can't read back, or that no runner accepts. */
function requireReadableName(path: string): void {
  const problem = nameProblem(path);
  if (problem === null) return;
  throw new CliProblem(
    EXIT.usage,
    `The name of ${quoted(path)} ${problem}.`,
    'Rename it, or add it to .appfluxignore.',
  );
}

function requireRoom(entries: readonly Entry[], bytes: number, limits: SourceLimits): void {
  if (entries.length > limits.entries) {
    throw new CliProblem(
      EXIT.usage,
      `The folder has ${formatNumber(entries.length)} files; at most ${formatNumber(limits.entries)} can be deployed.`,
      `Most are in ${largestFolder(entries)}. Add to .appfluxignore what the build doesn’t need.`,
    );
  }
  if (bytes <= limits.bytes) return;
  throw new CliProblem(
    EXIT.usage,
    `The folder has ${formatBytes(bytes)}; at most ${formatBytes(limits.bytes)} can be deployed.`,
    `The largest files:\n${largest(entries)
      .map((line) => `  ${line}`)
      .join('\n')}\nAdd to .appfluxignore what the build doesn’t need.`,
  );
}

/** The largest files, a line each: `12 MB  media/film.mp4`. */
export const largest = (entries: readonly Entry[], count = 5): string[] =>
  [...entries]
    .sort((one, other) => other.size - one.size)
    .slice(0, count)
    .map(({ path, size }) => `${formatBytes(size).padStart(9)}  ${path}`);

function largestFolder(entries: readonly Entry[]): string {
  const counts = new Map<string, number>();
  for (const { path } of entries) {
    const folder = path.includes('/') ? `${path.split('/')[0]}/` : 'the folder itself';
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0] ?? '';
}
