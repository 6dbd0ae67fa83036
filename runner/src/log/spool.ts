/** A file that holds what does not fit into memory. */
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

/** Where in the spool a text lies, in bytes. */
export interface SpoolEntry {
  readonly offset: number;
  readonly length: number;
}

/**
 * Texts appended to one file and read back by place. Synchronous on purpose: entries are at most a few
 * hundred kilobytes and go to the page cache, and the order is then certain.
 */
export class Spool {
  readonly #path: string;
  #file: number | undefined;
  #end = 0;

  /** @param path a file that does not exist yet; made at the first write, readable by the runner only */
  constructor(path: string) {
    this.#path = path;
  }

  /** @throws the file system's error, such as ENOSPC; the spool is then as it was before */
  append(text: string): SpoolEntry {
    this.#file ??= openSync(this.#path, 'wx+', 0o600);
    const bytes = Buffer.from(text, 'utf8');
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(this.#file, bytes, written, bytes.length - written, this.#end + written);
    }
    const entry = { offset: this.#end, length: bytes.length };
    this.#end += bytes.length;
    return entry;
  }

  read({ offset, length }: SpoolEntry): string {
    if (this.#file === undefined) throw new Error('The spool was read before anything was written');
    const bytes = Buffer.alloc(length);
    let read = 0;
    while (read < length) {
      const count = readSync(this.#file, bytes, read, length - read, offset + read);
      if (count === 0) throw new Error('The spool is shorter than what was written to it');
      read += count;
    }
    return bytes.toString('utf8');
  }

  /** Truncates the file once nothing in it is needed. */
  clear() {
    if (this.#file === undefined || this.#end === 0) return;
    ftruncateSync(this.#file, 0);
    this.#end = 0;
  }

  close() {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    rmSync(this.#path, { force: true });
  }
}
