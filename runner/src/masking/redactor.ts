/** Masks secrets in a stream of text. */
import { MASK } from './forms.ts';
import type { Secrets } from './secrets.ts';

/**
 * Masks a stream. What could still become a secret is held back, and nothing else is; secrets that overlap
 * or touch are masked as one.
 */
export class Redactor {
  readonly #secrets: Secrets;
  #held = '';
  /** How far into the held text a secret reaches that began before it. */
  #coveredTo = 0;
  /** Whether the last thing given out was a mask that the next covered unit belongs to. */
  #inMask = false;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** Takes the next piece of the stream, cut anywhere; gives what can be shown of it. */
  push(text: string): string {
    if (this.#secrets.empty) return text;
    return this.#release(this.#held + text, false);
  }

  /** Gives what was held back: nothing more will come that could complete it. */
  flush(): string {
    const rest = this.#release(this.#held, true);
    this.#inMask = false;
    return rest;
  }

  /** Whether anything is held back. */
  get holding(): boolean {
    return this.#held !== '';
  }

  #release(text: string, whole: boolean): string {
    let out = '';
    let shownFrom = -1;
    let at = 0;
    for (; at < text.length; at += 1) {
      if (!whole && this.#secrets.mayBeginAt(text, at)) break;
      this.#coveredTo = Math.max(this.#coveredTo, at + this.#secrets.matchAt(text, at));
      if (at < this.#coveredTo) {
        if (shownFrom >= 0) out += text.slice(shownFrom, at);
        shownFrom = -1;
        if (!this.#inMask) out += MASK;
        this.#inMask = true;
      } else {
        if (shownFrom < 0) shownFrom = at;
        this.#inMask = false;
      }
    }
    if (shownFrom >= 0) out += text.slice(shownFrom, at);
    this.#held = text.slice(at);
    this.#coveredTo = Math.max(0, this.#coveredTo - at);
    return out;
  }
}

/** A whole text with its secrets masked. */
export function maskText(secrets: Secrets, text: string): string {
  const redactor = new Redactor(secrets);
  return redactor.push(text) + redactor.flush();
}
