/** Reads the output of `git ls-tree -r -t -l -z`, piece by piece. */
import type { NodeKind } from '@appflux/detection';

export interface TreeEntry {
  readonly path: string;
  readonly kind: NodeKind;
  /** The name of the object in Git's store. */
  readonly id: string;
  /** In bytes; 0 for a folder. */
  readonly size: number;
}

/** Regular files and programs; links (120000) and submodules (160000) are none. */
const KINDS: Readonly<Record<string, NodeKind>> = { '100644': 'file', '100755': 'file', '040000': 'folder' };

/** No path that can be checked out is longer, in bytes, with the numbers before it. */
const MAX_RECORD_BYTES = 5000;

export class TreeListing {
  readonly #isWanted: (path: string) => boolean;
  readonly #most: number;
  #rest: Buffer = Buffer.alloc(0);
  #entries: TreeEntry[] = [];

  /**
   * @param isWanted whether an entry is kept, by its path
   * @param most how many are kept: of more, those nearest to the top
   */
  constructor(isWanted: (path: string) => boolean, most: number) {
    this.#isWanted = isWanted;
    this.#most = most;
  }

  /** Takes a piece of the output. Gives false if the rest isn't worth reading. */
  push(chunk: Buffer): boolean {
    const buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (let end = buffer.indexOf(0, start); end !== -1; end = buffer.indexOf(0, start)) {
      this.#take(buffer.subarray(start, end).toString('utf8'));
      start = end + 1;
    }
    this.#rest = Buffer.from(buffer.subarray(start));
    return this.#rest.length <= MAX_RECORD_BYTES;
  }

  /** What was kept, nearest to the top first, and in order of their paths. */
  entries(): readonly TreeEntry[] {
    this.#prune();
    return this.#entries;
  }

  #take(record: string): void {
    const tab = record.indexOf('\t');
    const [mode = '', , id = '', size = '-'] = record.slice(0, tab).split(/ +/);
    const path = record.slice(tab + 1);
    const kind = KINDS[mode];
    // A name that is not UTF-8 comes out as another one.
    if (kind === undefined || path.includes('\u{FFFD}') || !this.#isWanted(path)) return;
    this.#entries.push({ path, kind, id, size: size === '-' ? 0 : Number(size) });
    if (this.#entries.length >= 2 * this.#most) this.#prune();
  }

  #prune(): void {
    const depth = ({ path }: TreeEntry) => path.split('/').length;
    const order = (a: TreeEntry, b: TreeEntry) => depth(a) - depth(b) || (a.path < b.path ? -1 : 1);
    this.#entries = this.#entries.sort(order).slice(0, this.#most);
  }
}
