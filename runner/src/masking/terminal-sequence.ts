/** Recognizes the escape sequences that style terminal output. Pure. */

const ESCAPE = 0x1b;
/** CSI as a single character (ECMA-48 §8.3.16). */
const CSI = 0x9b;

/** Longer sequences are treated as text. */
const LONGEST = 64;

type State = 'text' | 'introduced' | 'parameters' | 'intermediates';

/**
 * Tells text from sequences that set a color or move the cursor (ECMA-48 §5.4) or select a character set
 * (ECMA-35 §13.2.1). The content of control strings, such as a link's URL in OSC 8, counts as text.
 */
export class TerminalSequence {
  #state: State = 'text';
  #length = 0;

  /** Whether a sequence has started and not ended. */
  get open(): boolean {
    return this.#state !== 'text';
  }

  /** Whether the next UTF-16 unit is part of a sequence. */
  takes(unit: number): boolean {
    const before = this.#length < LONGEST ? this.#state : 'text';
    const ended = ends(before, unit);
    const next = ended ? 'text' : after(before, unit);
    // A unit that breaks off one sequence may start another.
    this.#state = next === 'text' && !ended ? after('text', unit) : next;
    this.#length = next === 'text' || before === 'text' ? 0 : this.#length + 1;
    return ended || this.open;
  }

  reset() {
    this.#state = 'text';
    this.#length = 0;
  }
}

function after(state: State, unit: number): State {
  const isIntermediate = unit >= 0x20 && unit <= 0x2f;
  switch (state) {
    case 'text':
      if (unit === ESCAPE) return 'introduced';
      return unit === CSI ? 'parameters' : 'text';
    case 'introduced':
      if (unit === 0x5b) return 'parameters';
      return isIntermediate ? 'intermediates' : 'text';
    case 'parameters':
      return unit >= 0x20 && unit <= 0x3f ? 'parameters' : 'text';
    case 'intermediates':
      return isIntermediate ? 'intermediates' : 'text';
  }
}

function ends(state: State, unit: number): boolean {
  if (state === 'parameters') return unit >= 0x40 && unit <= 0x7e;
  return state === 'intermediates' && unit >= 0x30 && unit <= 0x7e;
}
