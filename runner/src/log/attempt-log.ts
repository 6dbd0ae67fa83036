/** The log of one attempt, as its steps write it: masked, cut to lines, stamped with the phase, capped. */
import type { LogLine, LogStream as LogStreamName, Phase } from '@appflux/protocol';
import { maskText } from '../masking/redactor.ts';
import type { Secrets } from '../masking/secrets.ts';
import { LineSplitter } from './line-splitter.ts';

/** Where finished lines go. */
export interface LineSink {
  write(line: Omit<LogLine, 'seq'>): void;
  ready(): Promise<void>;
}

/** How many of the latest lines are remembered, and of how many units, to say in a failure what went wrong. */
const TAIL_LINES = 1000;
const TAIL_UNITS = 1_000_000;

/** Takes texts and lines of any kind, and passes on lines that are fit for the edge. */
export class AttemptLog {
  readonly #sink: LineSink;
  readonly #secrets: Secrets;
  readonly #capBytes: number;
  readonly #tail: string[] = [];
  #tailUnits = 0;
  #phase: Phase | null = null;
  #buildBytes = 0;
  #cutLines = 0;
  #cutBytes = 0;

  /**
   * @param capBytes how many bytes of the build's own output are kept (the job's `logBytes`); AppFlux's own
   *   lines are few and always kept
   */
  constructor(sink: LineSink, secrets: Secrets, capBytes: number) {
    this.#sink = sink;
    this.#secrets = secrets;
    this.#capBytes = capBytes;
  }

  /** Lines written from now on belong to this phase. */
  enterPhase(phase: Phase | null) {
    this.#phase = phase;
  }

  /** Writes a text that may hold secrets and line breaks. */
  write(text: string, stream: LogStreamName = 'system') {
    const splitter = new LineSplitter((line) => this.writeMasked(line, stream));
    splitter.push(maskText(this.#secrets, `${text}\n`));
  }

  /** Writes one line in which secrets are masked already. */
  writeMasked(text: string, stream: LogStreamName) {
    if (stream !== 'system' && !this.#fits(text)) return;
    this.#remember(text, stream);
    this.#sink.write({ at: new Date().toISOString(), stream, phase: this.#phase, text });
  }

  /** Resolves when there is room for more lines. */
  ready(): Promise<void> {
    return this.#sink.ready();
  }

  /** The latest lines of the build's own output, oldest first. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  /** Says how much was cut, if anything was. */
  close() {
    if (this.#cutLines === 0) return;
    this.write(`${this.#cutLines} lines (${this.#cutBytes} bytes) of the build's output were cut.`);
  }

  #fits(text: string): boolean {
    const bytes = Buffer.byteLength(text) + 1;
    if (this.#cutLines === 0 && this.#buildBytes + bytes <= this.#capBytes) {
      this.#buildBytes += bytes;
      return true;
    }
    if (this.#cutLines === 0) {
      this.write(
        `The log has reached its limit of ${this.#capBytes} bytes. The build goes on; its output is cut.`,
      );
    }
    this.#cutLines += 1;
    this.#cutBytes += bytes;
    // The end of the output says why a build failed, so it is remembered even when it is not kept.
    this.#remember(text, 'stdout');
    return false;
  }

  #remember(text: string, stream: LogStreamName) {
    if (stream === 'system') return;
    this.#tail.push(text);
    this.#tailUnits += text.length;
    while (this.#tail.length > TAIL_LINES || this.#tailUnits > TAIL_UNITS) {
      this.#tailUnits -= this.#tail.shift()?.length ?? 0;
    }
  }
}
