import type { Candidates } from '@appflux/runner/detect';

type Read = (file: Blob, rootDirectory: string) => Promise<Candidates>;

/** Fetched when it is first needed: detection is larger than the rest of the page. */
const readZip: Read = async (file, rootDirectory) =>
  (await import('#lib/detection/read-zip.ts')).candidatesOfZip(file, rootDirectory);

/** What a ZIP on this device could be built as. */
export class DetectedZip {
  readonly #read: Read;
  /** Only the newest question's answer counts. */
  #asked = 0;

  state = $state<'looking' | 'found' | 'unreadable'>('looking');
  found = $state.raw<Candidates | null>(null);

  constructor(read: Read = readZip) {
    this.#read = read;
  }

  async look(file: Blob, rootDirectory: string): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.state = 'looking';
    // Whatever is wrong with a ZIP here is told in full when it is built; the form can be sent without this.
    const found = await this.#read(file, rootDirectory).catch(() => null);
    if (asked !== this.#asked) return;
    this.found = found;
    this.state = found === null ? 'unreadable' : 'found';
  }
}
