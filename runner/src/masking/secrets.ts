/** The secrets of one attempt, indexed for searching. */
import { Decoder, type Level } from './decoder.ts';
import { MIN_SECRET_LENGTH, secretForms } from './forms.ts';
import { KEY, Needles } from './needles.ts';
import { Search } from './search.ts';
import type { Trace } from './trace.ts';

/** A secret, normalized like the output in which it is searched. */
function traceOf(level: Level, text: string): Trace {
  const decoder = new Decoder(level);
  decoder.push(text, 0);
  decoder.end();
  const { trace } = decoder;
  // Indentation is dropped in the output.
  const first = trace.bytes.subarray(0, trace.length).findIndex((byte) => byte !== 0x20 && byte !== 0x09);
  trace.drop(first < 0 ? trace.length : first);
  return trace;
}

/** One at a time, because traces of large secrets take memory. */
function* traces(level: Level, texts: Iterable<string>): Iterable<Trace> {
  for (const text of texts) yield traceOf(level, text);
}

/** Whether a value is long enough to be masked. Whitespace around it and terminal sequences don't count. */
export const isMaskable = (value: string): boolean =>
  value.trim().length >= MIN_SECRET_LENGTH && traceOf('plain', value).length >= KEY;

/** The secrets of one attempt in all forms in which they are masked. */
export class Secrets {
  readonly #levels: readonly { readonly level: Level; readonly needles: Needles }[];

  /** @param values the secrets; those that aren't maskable are ignored */
  constructor(values: Iterable<string>) {
    const { written, readable } = secretForms([...values].filter(isMaskable));
    const all = [
      { level: 'plain', needles: new Needles(traces('plain', written)) },
      { level: 'escaped', needles: new Needles(traces('escaped', readable)) },
    ] as const;
    this.#levels = all.filter(({ needles }) => !needles.empty);
  }

  get empty(): boolean {
    return this.#levels.length === 0;
  }

  /** New searches for one stream: a secret is masked if any of them finds it. */
  searches(): Search[] {
    return this.#levels.map(({ level, needles }) => new Search(level, needles));
  }
}
