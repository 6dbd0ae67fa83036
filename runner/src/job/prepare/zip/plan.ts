/** Plans the extraction of a ZIP from its directory alone, before any byte is written. */

import { formatBytes, quoted } from '@appflux/protocol';
import { own, say, type Text } from '../../../masking/sentence.ts';
import { JobFailure } from '../../../step-context.ts';
import type { SourceLimits } from '../limits.ts';
import { rootParts } from '../root-directory.ts';
import { checkName, collisionKey } from './names.ts';

export type EntryKind = 'file' | 'program' | 'directory' | 'link' | 'special';

/** What the directory of a ZIP says of one entry. */
export interface ListedEntry {
  /** With forward slashes. */
  readonly name: string;
  readonly kind: EntryKind;
  readonly size: number;
  readonly packedSize: number;
  readonly encrypted: boolean;
  /** APPNOTE 4.4.5; 0 is stored, 8 deflated. */
  readonly method: number;
}

/** Something to put into the tree: `path` is relative to it, with forward slashes. */
export interface PlannedEntry {
  readonly path: string;
  readonly kind: Exclude<EntryKind, 'special'>;
  /** Where the entry stood in the ZIP's directory, from 0. */
  readonly index: number;
}

export interface ExtractionPlan {
  readonly entries: readonly PlannedEntry[];
  /** The folder that held everything and was left away, or null. */
  readonly unwrapped: string | null;
}

/** The longest target of a link: what a path may have (PATH_MAX). */
const MAX_LINK_TARGET = 4096;

/** Names of archives. */
const ARCHIVE = /\.(?:zip|tar|tgz|tar\.\w{1,4}|7z|rar)$/i;

/** Methods that have names, for the message. */
const METHODS: Readonly<Record<number, string>> = {
  9: 'Deflate64',
  12: 'bzip2',
  14: 'LZMA',
  93: 'Zstandard',
  95: 'XZ',
  99: 'AES encryption',
};

const invalid = (message: Text, hint?: Text) =>
  new JobFailure('source_invalid', message, hint === undefined ? {} : { hint });

/**
 * Takes a ZIP's entries one by one, in their order, and refuses the first that must not be there; so a
 * directory without an end is not read to its end.
 */
export class ExtractionPlanner {
  readonly #limits: SourceLimits;
  readonly #archiveBytes: number;
  readonly #keyOf: (path: string) => string;
  readonly #entries: PlannedEntry[] = [];
  /** For each key: how it was spelled and what it is. Folders that only files imply are in it, too. */
  readonly #seen = new Map<string, { readonly path: string; readonly directory: boolean }>();
  #index = -1;
  #bytes = 0;
  #packedBytes = 0;

  /** @param foldsNames whether the file system takes names for one that differ in case or in composition only */
  constructor(
    limits: SourceLimits,
    { archiveBytes, foldsNames }: { readonly archiveBytes: number; readonly foldsNames: boolean },
  ) {
    this.#limits = limits;
    this.#keyOf = foldsNames ? collisionKey : (path) => path;
    this.#archiveBytes = archiveBytes;
  }

  /**
   * Takes the number of entries that the archive says it has: a directory of a million need not be read to the limit.
   * @throws {JobFailure} `source_invalid` if they are too many.
   */
  expect(count: number): void {
    if (count > this.#limits.entries) throw this.#tooMany();
  }

  /** @throws {JobFailure} `source_invalid`, naming the entry. */
  add(entry: ListedEntry): void {
    this.#index += 1;
    const { limits, shown } = { limits: this.#limits, shown: quoted(entry.name) };
    if (this.#index >= limits.entries) throw this.#tooMany();
    this.#weigh(entry);
    const checked = checkName(entry.name, limits);
    if ('problem' in checked)
      throw invalid(say`The ZIP contains an entry ${shown} whose name ${checked.problem}.`);
    if (entry.kind === 'special') {
      throw invalid(say`The ZIP contains ${shown}, which is not a file, folder or link.`);
    }
    if (entry.encrypted || entry.method === 99) {
      throw invalid(say`The ZIP is encrypted (${shown}).`, own('Create the ZIP without a password.'));
    }
    if (entry.kind !== 'directory' && entry.method !== 0 && entry.method !== 8) {
      const method = METHODS[entry.method] ?? `method ${entry.method}`;
      throw invalid(
        say`The ZIP compresses ${shown} with ${method}, which is not supported.`,
        own('Create the ZIP with Deflate, the default method.'),
      );
    }
    if (entry.kind === 'link' && entry.size > MAX_LINK_TARGET)
      throw invalid(say`The link ${shown} in the ZIP has a target that is too long.`);
    const { parts } = checked;
    if (parts.length === 0 || isLitter(parts, entry.kind)) return;
    this.#claim(parts, entry.kind === 'directory');
    this.#entries.push({ path: parts.join('/'), kind: entry.kind, index: this.#index });
  }

  /**
   * The plan, when all entries were added. If all lie in one folder, as in GitHub's "Download ZIP", it is
   * left away, unless the app's root directory names it.
   * @throws {JobFailure} `source_invalid` if there is no file.
   */
  finish(rootDirectory: string): ExtractionPlan {
    if (!this.#entries.some(({ kind }) => kind !== 'directory')) {
      throw invalid(
        own('The ZIP contains no files.'),
        own('Create a ZIP of your project folder and upload it.'),
      );
    }
    const [only, ...others] = this.#entries.filter(({ kind }) => kind !== 'directory');
    if (only !== undefined && others.length === 0 && ARCHIVE.test(only.path)) {
      throw invalid(
        say`The ZIP contains nothing but another archive, ${quoted(only.path)}.`,
        own('Upload that one if it is a ZIP of your project, or create a ZIP of the project folder itself.'),
      );
    }
    const top = this.#commonFolder();
    if (top === null || this.#namesFolder(top, rootDirectory))
      return { entries: this.#entries, unwrapped: null };
    const entries = this.#entries
      .filter(({ path }) => path !== top)
      .map((entry) => ({ ...entry, path: entry.path.slice(top.length + 1) }));
    return { entries, unwrapped: top };
  }

  /**
   * Counts bytes. yauzl holds every entry to the size that its directory says, so the sums can be relied on.
   */
  #weigh(entry: ListedEntry): void {
    const limits = this.#limits;
    this.#bytes += entry.size;
    this.#packedBytes += entry.packedSize;
    if (!(this.#bytes <= limits.treeBytes))
      throw invalid(say`The ZIP unpacks to more than ${own(formatBytes(limits.treeBytes))}.`);
    if (this.#bytes > limits.ratioFreeBytes && this.#bytes > limits.ratio * this.#archiveBytes) {
      throw invalid(say`The ZIP unpacks to more than ${limits.ratio} times its own size.`);
    }
    // The contents of entries that lie over one another are counted more than once: no honest program packs
    // so.
    if (this.#packedBytes > this.#archiveBytes) throw invalid(own('The ZIP contains overlapping entries.'));
  }

  #tooMany(): JobFailure {
    return invalid(say`The ZIP contains more than ${this.#limits.entries} entries.`);
  }

  /** Takes a path and the folders above it for this entry. */
  #claim(parts: readonly string[], directory: boolean): void {
    let path = '';
    for (const [depth, part] of parts.entries()) {
      const isLast = depth === parts.length - 1;
      path = path === '' ? part : `${path}/${part}`;
      const wanted = { path, directory: !isLast || directory };
      const key = this.#keyOf(path);
      const there = this.#seen.get(key);
      if (there === undefined) this.#seen.set(key, wanted);
      else if (there.path !== path) {
        throw invalid(
          say`The ZIP contains both ${quoted(there.path)} and ${quoted(path)}, which are the same name on this runner’s file system.`,
        );
      } else if (!there.directory || !wanted.directory) {
        throw invalid(say`The ZIP contains ${quoted(path)} twice.`);
      }
    }
  }

  /** The folder that everything lies in, or null. */
  #commonFolder(): string | null {
    const first = this.#entries[0]?.path.split('/')[0];
    if (first === undefined) return null;
    const inside = this.#entries.every(
      ({ path, kind }) => path.startsWith(`${first}/`) || (path === first && kind === 'directory'),
    );
    return inside ? first : null;
  }

  /** Whether the root directory was written with the top folder in mind. */
  #namesFolder(top: string, rootDirectory: string): boolean {
    const parts = rootParts(rootDirectory);
    if (parts[0] !== top) return false;
    const within = `${top}/${parts.join('/')}`;
    return !this.#entries.some(({ path }) => path === within || path.startsWith(`${within}/`));
  }
}

/** What macOS adds to its ZIPs and to disks of other systems (AppleDouble, RFC 1740), and no build reads. */
function isLitter(parts: readonly string[], kind: EntryKind): boolean {
  const name = parts.at(-1) ?? '';
  return parts[0] === '__MACOSX' || name === '.DS_Store' || (name.startsWith('._') && kind !== 'directory');
}
