/** The log of one attempt, as its steps write it: masked, cut to lines, stamped with the phase, capped. */
import type { LogLine, LogStream as LogStreamName, Phase } from '@appflux/protocol';
import { type Mask, say, type Text } from '../masking/sentence.ts';
import { LineSplitter } from './line-splitter.ts';

/** Where finished lines go. */
export interface LineSink {
  /** Returns the number that the line has in the log; null if it is not written any more. */
  write(line: Omit<LogLine, 'seq'>): number | null;
  ready(): Promise<void>;
}

/** One of the latest lines of the build's own output. */
export interface TailLine {
  readonly text: string;
  /** Its number in the log; null while it is not in it, because the log has reached its limit. */
  readonly seq: number | null;
}

/** A line that is not in the log yet, and the entry that remembers it. */
interface HeldLine {
  readonly line: Omit<LogLine, 'seq'>;
  readonly bytes: number;
  readonly remembered: NumberedLine;
}

interface NumberedLine {
  readonly text: string;
  seq: number | null;
}

/** How many of the latest lines are remembered, and of how many units, to say in a failure what went wrong. */
const TAIL_LINES = 1000;
const TAIL_UNITS = 1_000_000;

/** How much of the end of the output is kept past the cap, at the end of each phase. */
const END_LINES = 200;
const END_BYTES = 256 * 1024;

/** What a line is sent with, in bytes of JSON: its number, its time, its stream and its phase. */
const ENVELOPE_BYTES = 100;

/** Turns texts and lines into log lines that the edge accepts. */
export class AttemptLog {
  readonly #sink: LineSink;
  readonly #mask: Mask;
  readonly #capBytes: number;
  readonly #tail: NumberedLine[] = [];
  #tailUnits = 0;
  #phase: Phase | null = null;
  #buildBytes = 0;
  #reached = false;
  /** The latest lines past the cap, oldest first, until they are written. */
  #end: HeldLine[] = [];
  #endBytes = 0;
  #cutLines = 0;
  #cutBytes = 0;

  /**
   * @param capBytes how many bytes of the build's own output are kept (the job's `logBytes`), counted as they are
   *   sent; AppFlux's own lines and the end of the output of each phase are little and always kept
   */
  constructor(sink: LineSink, mask: Mask, capBytes: number) {
    this.#sink = sink;
    this.#mask = mask;
    this.#capBytes = capBytes;
  }

  /** Lines written from now on belong to this phase. */
  enterPhase(phase: Phase | null) {
    this.#phase = phase;
  }

  /** Masks what a text quotes, and writes it. It may hold line breaks. */
  write(text: Text, stream: LogStreamName = 'system') {
    const splitter = new LineSplitter((line) => this.writeMasked(line, stream));
    splitter.push(`${this.#mask(text)}\n`);
  }

  /** Writes one line in which secrets are masked already. */
  writeMasked(text: string, stream: LogStreamName) {
    const line = { at: new Date().toISOString(), stream, phase: this.#phase, text };
    if (stream === 'system') {
      this.#sink.write(line);
      return;
    }
    const remembered = this.#remember(text);
    if (this.#fits(line, remembered)) remembered.seq = this.#sink.write(line);
  }

  /** Resolves when there is room for more lines. */
  ready(): Promise<void> {
    return this.#sink.ready();
  }

  /** The latest lines of the build's own output, oldest first. A line gets its number when it is written. */
  get tail(): readonly TailLine[] {
    return this.#tail;
  }

  /** Writes how much was omitted, and then the end of the omitted output. Call it before a phase's last line. */
  showEnd() {
    if (this.#cutLines > 0) {
      this.write(
        say`${this.#cutLines} lines (${this.#cutBytes} bytes) of the build’s output were omitted here. Its last lines:`,
      );
    }
    for (const { line, remembered } of this.#end) remembered.seq = this.#sink.write(line);
    this.#end = [];
    this.#endBytes = 0;
    this.#cutLines = 0;
    this.#cutBytes = 0;
  }

  #fits(line: Omit<LogLine, 'seq'>, remembered: NumberedLine): boolean {
    const bytes = Buffer.byteLength(JSON.stringify(line.text)) + ENVELOPE_BYTES;
    if (!this.#reached && this.#buildBytes + bytes <= this.#capBytes) {
      this.#buildBytes += bytes;
      return true;
    }
    if (!this.#reached) {
      this.#reached = true;
      this.write(
        say`The log has reached its limit of ${this.#capBytes} bytes. The build continues; further output is omitted, except for its end.`,
      );
    }
    this.#hold({ line, bytes, remembered });
    return false;
  }

  #hold(held: HeldLine) {
    this.#end.push(held);
    this.#endBytes += held.bytes;
    while (this.#end.length > END_LINES || this.#endBytes > END_BYTES) {
      const left = this.#end.shift()?.bytes ?? 0;
      this.#endBytes -= left;
      this.#cutLines += 1;
      this.#cutBytes += left;
    }
  }

  #remember(text: string): NumberedLine {
    const remembered = { text, seq: null };
    this.#tail.push(remembered);
    this.#tailUnits += text.length;
    while (this.#tail.length > TAIL_LINES || this.#tailUnits > TAIL_UNITS) {
      this.#tailUnits -= this.#tail.shift()?.text.length ?? 0;
    }
    return remembered;
  }
}
