/** Turns a container's output into masked lines. */
import { LineSplitter } from '../log/line-splitter.ts';
import { Redactor } from '../masking/redactor.ts';
import type { Secrets } from '../masking/secrets.ts';
import { type Mark, MarkFilter } from './marks.ts';

export interface OutputOptions {
  readonly nonce: string;
  readonly secrets: Secrets;
  readonly line: (text: string) => void;
  readonly mark: (mark: Mark) => void;
  /** Milliseconds of silence after which an unfinished line is shown. */
  readonly idleMs?: number;
}

const IDLE_MS = 2000;

/**
 * One stream of output, fed in pieces cut anywhere: UTF-8 (what is not is replaced, RFC 3629 and the WHATWG
 * decoder), then marks taken out, then secrets masked, then lines cut. Marks come before masking, so that a
 * variable with the value `begin` cannot hide one.
 *
 * A line that stays unfinished is shown after a while ("Downloading... "). What might be the beginning of a
 * secret is kept back even then: half a secret shown because a program paused would be a secret half lost.
 */
export class OutputReader {
  readonly #decoder = new TextDecoder('utf-8');
  readonly #marks: MarkFilter;
  readonly #redactor: Redactor;
  readonly #splitter: LineSplitter;
  readonly #onMark: (mark: Mark) => void;
  readonly #idleMs: number;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: OutputOptions) {
    this.#marks = new MarkFilter(options.nonce);
    this.#redactor = new Redactor(options.secrets);
    this.#splitter = new LineSplitter(options.line);
    this.#onMark = options.mark;
    this.#idleMs = options.idleMs ?? IDLE_MS;
  }

  push(bytes: Uint8Array) {
    clearTimeout(this.#idle);
    this.#take(this.#marks.push(this.#decoder.decode(bytes, { stream: true })));
    if (this.#splitter.partial || this.#redactor.holding) {
      this.#idle = setTimeout(() => this.#showUnfinished(), this.#idleMs);
    }
  }

  /** The stream has ended: gives out all that is left. */
  end() {
    clearTimeout(this.#idle);
    this.#take([...this.#marks.push(this.#decoder.decode()), ...this.#marks.flush()]);
    this.#endLine();
  }

  #take(output: ReturnType<MarkFilter['push']>) {
    for (const part of output) {
      if ('text' in part) {
        this.#splitter.push(this.#redactor.push(part.text));
      } else {
        this.#endLine();
        this.#onMark(part.mark);
      }
    }
  }

  #showUnfinished() {
    this.#splitter.push(this.#redactor.pause());
    this.#splitter.flush();
  }

  #endLine() {
    this.#splitter.push(this.#redactor.flush());
    this.#splitter.flush();
  }
}
