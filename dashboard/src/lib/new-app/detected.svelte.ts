import type { Candidate, Candidates } from '@appflux/detection';
import { plainFolder } from '#lib/detection/candidate.ts';

/** Reads a source from a root directory. Its errors are kept in `error`. */
type Read<Source, Found> = (
  source: Source,
  rootDirectory: string,
  run: { signal: AbortSignal },
) => Promise<Found>;

export type DetectionState = 'detecting' | 'found' | 'failed';

/** What detection finds in a source before it is deployed. */
export class Detected<Source, Found extends { readonly candidates: Candidates }> {
  readonly #read: Read<Source, Found>;
  readonly #isSame: (one: Source, other: Source) => boolean;
  #source: Source | null = null;
  /** Also tells runs apart, so that the result of an outdated one is ignored. */
  #abort = new AbortController();

  state = $state<DetectionState>('detecting');
  result = $state.raw<Found | null>(null);
  /** Why there is no result. */
  error = $state.raw<unknown>(null);
  /** The normalized root directory that detection started from. */
  from = $state('');

  /** @param isSame whether two sources are the same, so that one result is enough */
  constructor(
    read: Read<Source, Found>,
    isSame: (one: Source, other: Source) => boolean = (one, other) => one === other,
  ) {
    this.#read = read;
    this.#isSame = isSame;
  }

  get found(): Candidates | null {
    return this.result?.candidates ?? null;
  }

  /** The normalized root directory of a candidate. */
  folderOf({ set }: Candidate): string {
    return set.rootDirectory === null ? this.from : plainFolder(set.rootDirectory);
  }

  /** Runs detection. Skips it if nothing has changed, or the root directory is one that was already found. */
  async detect(source: Source, rootDirectory: string): Promise<void> {
    const folder = plainFolder(rootDirectory);
    const isSame = this.#source !== null && this.#isSame(source, this.#source);
    if (isSame && (folder === this.from || this.#offers(folder))) return;
    await this.#run(source, rootDirectory);
  }

  /** Runs detection again, such as after it failed. */
  async retry(rootDirectory: string): Promise<void> {
    if (this.#source !== null) await this.#run(this.#source, rootDirectory);
  }

  async #run(source: Source, rootDirectory: string): Promise<void> {
    this.#source = source;
    this.from = plainFolder(rootDirectory);
    this.#abort.abort(new DOMException('Outdated', 'AbortError'));
    const abort = new AbortController();
    this.#abort = abort;
    this.state = 'detecting';
    this.result = null;
    this.error = null;
    try {
      const result = await this.#read(source, rootDirectory, abort);
      if (abort !== this.#abort) return;
      this.result = result;
      this.state = 'found';
    } catch (error) {
      if (abort !== this.#abort) return;
      // The form can be submitted without detection: it runs again during the build.
      this.error = error;
      this.state = 'failed';
    }
  }

  #offers(folder: string): boolean {
    return this.found?.ways.some((way) => this.folderOf(way) === folder) ?? false;
  }
}
