import type { Candidate, Candidates } from '@appflux/detection';
import { plainFolder } from '#lib/detection/candidate.ts';

type Read = (file: Blob, rootDirectory: string) => Promise<Candidates>;

/** Loaded on demand: detection is larger than the rest of the page. */
const readZip: Read = async (file, rootDirectory) =>
  (await import('#lib/detection/read-zip.ts')).candidatesOfZip(file, rootDirectory);

/** Detection of a ZIP before it is uploaded. */
export class DetectedZip {
  readonly #read: Read;
  #file: Blob | null = null;
  /** Counts runs, so that the result of an outdated one is ignored. */
  #asked = 0;

  state = $state<'detecting' | 'found' | 'unreadable'>('detecting');
  found = $state.raw<Candidates | null>(null);
  /** The normalized root directory that detection started from. */
  from = $state('');

  constructor(read: Read = readZip) {
    this.#read = read;
  }

  /** The normalized root directory of a candidate. */
  folderOf({ set }: Candidate): string {
    return set.rootDirectory ?? this.from;
  }

  /** Runs detection on the file. Skips it if the root directory is one that was already found. */
  async detect(file: Blob, rootDirectory: string): Promise<void> {
    const folder = plainFolder(rootDirectory);
    if (file === this.#file && (folder === this.from || this.#offers(folder))) return;
    this.#file = file;
    this.from = folder;
    this.#asked += 1;
    const asked = this.#asked;
    this.state = 'detecting';
    this.found = null;
    // The build reports what is wrong with a ZIP. The form can be submitted without detection.
    const found = await this.#read(file, rootDirectory).catch(() => null);
    if (asked !== this.#asked) return;
    this.found = found;
    this.state = found === null ? 'unreadable' : 'found';
  }

  #offers(folder: string): boolean {
    return this.found?.ways.some((way) => this.folderOf(way) === folder) ?? false;
  }
}
