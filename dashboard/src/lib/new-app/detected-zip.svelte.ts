import type { Candidate, Candidates } from '@appflux/detection';
import { plainFolder } from '#lib/detection/candidate.ts';

type Read = (file: Blob, rootDirectory: string) => Promise<Candidates>;

/** Fetched when it is first needed: detection is larger than the rest of the page. */
const readZip: Read = async (file, rootDirectory) =>
  (await import('#lib/detection/read-zip.ts')).candidatesOfZip(file, rootDirectory);

/** What a ZIP on this device could be built as. */
export class DetectedZip {
  readonly #read: Read;
  #file: Blob | null = null;
  /** Only the newest question's answer counts. */
  #asked = 0;

  state = $state<'looking' | 'found' | 'unreadable'>('looking');
  found = $state.raw<Candidates | null>(null);
  /** The root directory that it was looked at from, in its plain form. */
  from = $state('');

  constructor(read: Read = readZip) {
    this.#read = read;
  }

  /** The root directory that a way needs, in its plain form. */
  folderOf({ set }: Candidate): string {
    return set.rootDirectory ?? this.from;
  }

  /** Looks into the file; not again where the root directory is one that was found already. */
  async look(file: Blob, rootDirectory: string): Promise<void> {
    const folder = plainFolder(rootDirectory);
    if (file === this.#file && (folder === this.from || this.#offers(folder))) return;
    this.#file = file;
    this.from = folder;
    this.#asked += 1;
    const asked = this.#asked;
    this.state = 'looking';
    this.found = null;
    // Whatever is wrong with a ZIP here is told in full when it is built; the form can be sent without this.
    const found = await this.#read(file, rootDirectory).catch(() => null);
    if (asked !== this.#asked) return;
    this.found = found;
    this.state = found === null ? 'unreadable' : 'found';
  }

  #offers(folder: string): boolean {
    return this.found?.ways.some((way) => this.folderOf(way) === folder) ?? false;
  }
}
