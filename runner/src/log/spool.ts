/**
 * The numbered lines of one attempt on disk, one as JSON per line of a file. It has two uses: what does not fit into
 * memory is read back from it, and the next process of a runner that was killed sends what the edge did not get.
 *
 * Lines are masked before they come here, so no secret is in the file. It is not synced: what was written survives the
 * end of the process, however it ends, but not a loss of power within the time that the kernel keeps it in memory
 * (30 seconds by Linux' defaults).
 */
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

/** Where in the file some lines lie, in bytes. */
export interface SpoolEntry {
  readonly offset: number;
  readonly length: number;
}

/** Lines are gathered for as long as the present turn of the event loop, and up to so many bytes. */
const WRITE_BYTES = 64 * 1024;

/**
 * Appended to and read back by place. Synchronous on purpose: each write is small and goes to the page
 * cache, and the order is then certain.
 */
export class Spool {
  readonly #path: string;
  readonly #onError: (error: unknown) => void;
  #file: number | undefined;
  /** A write has failed: from then on nothing is written. What was written can still be read. */
  #broken = false;
  /** The end of what is in the file, in bytes. */
  #written = 0;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #turn: NodeJS.Immediate | undefined;

  /**
   * @param path created, readable by the runner only; a file that is there already is replaced
   * @param onError called once if the disk takes nothing, or takes no more
   */
  constructor(path: string, onError: (error: unknown) => void) {
    this.#path = path;
    this.#onError = onError;
    try {
      rmSync(path, { force: true });
      this.#file = openSync(path, 'wx+', 0o600);
    } catch (error) {
      this.#break(error);
    }
  }

  /** Adds a line, which must be JSON without line breaks. Gives its place, or undefined if the disk takes no more. */
  append(line: string): SpoolEntry | undefined {
    if (this.#broken) return undefined;
    const length = Buffer.byteLength(line) + 1;
    const entry = { offset: this.#written + this.#waitingBytes, length };
    this.#waiting.push(line);
    this.#waitingBytes += length;
    if (this.#waitingBytes >= WRITE_BYTES) this.#write();
    else this.#turn ??= setImmediate(() => this.#write());
    return this.#broken ? undefined : entry;
  }

  /** Whether these lines are in the file, so that they need not be kept in memory. */
  holds({ offset, length }: SpoolEntry): boolean {
    this.#write();
    return offset + length <= this.#written;
  }

  /** The lines of an entry, each with a line break at its end. */
  read({ offset, length }: SpoolEntry): string {
    if (this.#file === undefined) throw new Error('The spool was read after it was closed');
    const bytes = Buffer.alloc(length);
    let read = 0;
    while (read < length) {
      const count = readSync(this.#file, bytes, read, length - read, offset + read);
      if (count === 0) throw new Error('The spool is shorter than what was written to it');
      read += count;
    }
    return bytes.toString('utf8');
  }

  /** Empties the file: the edge has everything that was added. */
  clear() {
    this.#forgetWaiting();
    if (this.#file === undefined || this.#written === 0) return;
    ftruncateSync(this.#file, 0);
    this.#written = 0;
  }

  /** @param keep leaves the file for a later process; otherwise it is removed */
  close(keep: boolean) {
    if (keep) this.#write();
    this.#forgetWaiting();
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    if (!keep) rmSync(this.#path, { force: true });
  }

  #write() {
    const bytes = Buffer.from(this.#waiting.map((line) => `${line}\n`).join(''));
    this.#forgetWaiting();
    if (this.#file === undefined || this.#broken) return;
    try {
      let written = 0;
      while (written < bytes.length)
        written += writeSync(this.#file, bytes, written, bytes.length - written, this.#written + written);
      this.#written += bytes.length;
    } catch (error) {
      this.#break(error);
    }
  }

  #forgetWaiting() {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** A file with a hole in it must not be taken for the rest of the log, so a later process finds none. */
  #break(error: unknown) {
    this.#broken = true;
    rmSync(this.#path, { force: true });
    this.#onError(error);
  }
}
