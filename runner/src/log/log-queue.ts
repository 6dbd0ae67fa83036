/** The batches of lines that the edge has not acknowledged, in order. */
import type { Spool, SpoolEntry } from './spool.ts';

interface Batch {
  /** Numbers of its first and last line. */
  first: number;
  last: number;
  /** Its lines as a JSON array's inside, or where on disk they lie. */
  body: string | SpoolEntry;
  /** Size of the body in bytes. */
  bytes: number;
}

/** Keeps batches in memory up to a cap. Of what comes after it only knows the place on disk. */
export class LogQueue {
  readonly #spool: Spool;
  readonly #memoryCap: number;
  readonly #batches: Batch[] = [];
  #memoryBytes = 0;
  #spooledBytes = 0;

  constructor(spool: Spool, memoryCap: number) {
    this.#spool = spool;
    this.#memoryCap = memoryCap;
  }

  get length(): number {
    return this.#batches.length;
  }

  get bytes(): number {
    return this.#memoryBytes + this.#spooledBytes;
  }

  /**
   * Adds a batch behind the others. `body` holds the lines `first` to `last` as JSON, joined by commas; `entry` is their
   * place on disk, if they are there. When the disk takes no more, batches stay in memory: a full disk must not cost
   * lines, and the build is made to wait (LogSender.ready).
   */
  push(first: number, last: number, body: string, entry: SpoolEntry | undefined) {
    const bytes = Buffer.byteLength(body);
    const isFull = this.#memoryBytes + bytes > this.#memoryCap;
    const onDisk = isFull && entry !== undefined && this.#spool.holds(entry);
    if (onDisk) this.#spooledBytes += bytes;
    else this.#memoryBytes += bytes;
    this.#batches.push({ first, last, body: onDisk ? entry : body, bytes });
  }

  /** The body of the batch at a place in the queue. */
  bodyAt(index: number): string | undefined {
    const batch = this.#batches[index];
    if (batch === undefined) return undefined;
    return typeof batch.body === 'string' ? batch.body : joined(this.#spool.read(batch.body));
  }

  /** The size of the batch at a place in the queue, in bytes. */
  bytesAt(index: number): number {
    return this.#batches[index]?.bytes ?? 0;
  }

  /** The number of the last line in the batch at a place in the queue. */
  lastSeqAt(index: number): number | undefined {
    return this.#batches[index]?.last;
  }

  /**
   * Forgets every line up to `seq`; a batch that is only partly covered keeps the rest of its lines.
   *
   * @returns how many whole batches went
   */
  dropThrough(seq: number): number {
    let whole = 0;
    while (this.#batches[whole] !== undefined && (this.#batches[whole]?.last ?? 0) <= seq) whole += 1;
    for (const batch of this.#batches.splice(0, whole)) this.#release(batch);
    const head = this.#batches[0];
    if (head !== undefined && head.first <= seq) this.#trim(head, seq);
    return whole;
  }

  #trim(head: Batch, seq: number) {
    const lines: unknown[] = JSON.parse(`[${this.bodyAt(0)}]`);
    const body = lines
      .slice(seq + 1 - head.first)
      .map((line) => JSON.stringify(line))
      .join(',');
    this.#release(head);
    head.first = seq + 1;
    head.body = body;
    head.bytes = Buffer.byteLength(body);
    this.#memoryBytes += head.bytes;
  }

  #release(batch: Batch) {
    if (typeof batch.body === 'string') this.#memoryBytes -= batch.bytes;
    else this.#spooledBytes -= batch.bytes;
  }
}

/** Lines as they are on disk, as a frame has them. JSON has no line breaks of its own. */
const joined = (lines: string): string => lines.trimEnd().replaceAll('\n', ',');
