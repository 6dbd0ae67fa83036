/** Finds, in a container's output, the marks by which its entry script reports its stages. */

/** What the entry runs, in this order: whether there is anything to do, then the build itself. */
export type BuildStage = CommandStage | 'server';

/** The stages that run a command of the project. */
export type CommandStage = 'ignore' | 'install' | 'build';

/**
 * What the entry does by itself: `restore` installed packages in place of an install command, `keep` them after one, and
 * `prepare` a build whose server is packed afterwards.
 */
export type OwnStep = 'restore' | 'keep' | 'prepare';

export type Mark =
  | { readonly event: 'begin'; readonly stage: BuildStage | OwnStep }
  | { readonly event: 'end'; readonly stage: BuildStage | OwnStep; readonly code: number };

/** A mark's line after the nonce. */
const MARK = /^ (begin|end) (ignore|install|build|server|restore|keep|prepare)(?: (\d{1,3}))?\r?$/;

/** What the filter gives: text of the build, or a mark of the entry, in the order in which they came. */
export type MarkedOutput = { readonly text: string } | { readonly mark: Mark };

/** The longest rest of a mark's line after the nonce: ` begin install`, ` end install 255`. */
const LONGEST_REST = 40;

/** Reads what follows the nonce on a mark's line. Undefined when it is not a mark. */
export function parseMark(rest: string): Mark | undefined {
  const [, event, name, code] = MARK.exec(rest) ?? [];
  const stage = name as Mark['stage'];
  if (event === 'begin' && code === undefined) return { event, stage };
  if (event === 'end' && code !== undefined) return { event, stage, code: Number(code) };
  return undefined;
}

/**
 * Takes the marks out of a stream that is cut anywhere. A build command can leave its last line unended, so
 * a mark may stand behind other text; the text before it is a line of its own then.
 *
 * A build can read the nonce from its parent's environment and forge marks. All that it gains is a wrong
 * wording of its own failure, or to be skipped where its project may ask for that anyway: exit codes come
 * from the engine.
 */
export class MarkFilter {
  readonly #nonce: string;
  #held = '';

  constructor(nonce: string) {
    this.#nonce = nonce;
  }

  push(text: string): MarkedOutput[] {
    const output: MarkedOutput[] = [];
    let rest = this.#held + text;
    this.#held = '';
    for (;;) {
      const at = rest.indexOf(this.#nonce);
      if (at < 0) break;
      const after = at + this.#nonce.length;
      const lineEnd = rest.indexOf('\n', after);
      if (lineEnd < 0 && rest.length - after <= LONGEST_REST) {
        show(output, rest.slice(0, at));
        this.#held = rest.slice(at);
        return output;
      }
      const mark = lineEnd < 0 ? undefined : parseMark(rest.slice(after, lineEnd));
      if (mark === undefined) {
        show(output, rest.slice(0, after));
        rest = rest.slice(after);
      } else {
        show(output, rest.slice(0, at));
        output.push({ mark });
        rest = rest.slice(lineEnd + 1);
      }
    }
    const shown = rest.length - this.#beginningOfNonceAtEnd(rest);
    show(output, rest.slice(0, shown));
    this.#held = rest.slice(shown);
    return output;
  }

  /** What was held back, as text: nothing more will come. */
  flush(): MarkedOutput[] {
    const output: MarkedOutput[] = [];
    show(output, this.#held);
    this.#held = '';
    return output;
  }

  /** How many units at the end of a text could be the beginning of the nonce. */
  #beginningOfNonceAtEnd(text: string): number {
    const longest = Math.min(text.length, this.#nonce.length - 1);
    for (let length = longest; length > 0; length -= 1) {
      if (text.endsWith(this.#nonce.slice(0, length))) return length;
    }
    return 0;
  }
}

function show(output: MarkedOutput[], text: string) {
  if (text !== '') output.push({ text });
}
