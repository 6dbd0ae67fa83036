import type { AppFluxError } from '@appflux/protocol';
import type { ArchiveReader } from './archive-reader.ts';
import type { LineFilter } from './archive-scan.ts';
import type { Errors } from './content.ts';
import { ERROR_SIGNAL, ErrorStarts, outputTone } from './error-lines.ts';
import { toAppFluxError } from './page-loader.ts';

/** The interval for showing further errors, in milliseconds. */
const UPDATE_EVERY_MS = 250;

/** The build's own lines that report an error. */
const ERROR_LINES: LineFilter = {
  open(ndjson) {
    const signal = new RegExp(ERROR_SIGNAL, 'gi');
    const next = (from: number) => {
      signal.lastIndex = from;
      return signal.exec(ndjson)?.index ?? -1;
    };
    return { ndjson, next };
  },
  matches: ({ stream, text }) => stream !== 'system' && outputTone(text) === 'error',
};

/** The errors in an archived log. They are looked for once, when somebody asks for them. */
export class ArchiveErrors implements Errors {
  readonly #reader: ArchiveReader;
  readonly #stop = new AbortController();
  #begun = false;

  found = $state.raw<readonly number[]>([]);
  complete = $state(false);
  error = $state.raw<AppFluxError | null>(null);

  constructor(reader: ArchiveReader) {
    this.#reader = reader;
  }

  find(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.error = null;
    void this.#run();
  }

  stop(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    try {
      await this.#read();
      this.complete = true;
    } catch (error) {
      // Stopped: nobody looks at it any more.
      if (this.#stop.signal.aborted) return;
      this.error = toAppFluxError(error);
      this.#begun = false;
    }
  }

  async #read(): Promise<void> {
    const starts = new ErrorStarts();
    let updatedAt = Number.NEGATIVE_INFINITY;
    for await (const lines of this.#reader.find(ERROR_LINES, this.#stop.signal)) {
      for (const { seq, text } of lines) starts.add(seq, text);
      if (starts.found.length === this.found.length || performance.now() - updatedAt < UPDATE_EVERY_MS)
        continue;
      updatedAt = performance.now();
      this.found = starts.found.slice();
    }
    this.found = starts.found.slice();
  }
}
