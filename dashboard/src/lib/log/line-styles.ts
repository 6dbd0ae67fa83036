import type { LogLine, Phase } from '@appflux/protocol';
import { styleAfter } from './ansi.ts';
import { PLAIN, type Style } from './sgr.ts';

/** The styles in force after a line. */
export interface StyleState {
  readonly stdout: Style;
  readonly stderr: Style;
  readonly phase: Phase | null;
}

export const NO_STYLES: StyleState = { stdout: PLAIN, stderr: PLAIN, phase: null };

/** What line after line leaves in force: a style carries over within its stream, and ends with the phase. */
export class LineStyles {
  #state: StyleState;

  /** `state` is what the lines before the first left. */
  constructor(state = NO_STYLES) {
    this.#state = state;
  }

  get state(): StyleState {
    return this.#state;
  }

  /** The style that the next line begins with. */
  startOf(line: LogLine): Style {
    if (line.phase !== this.#state.phase) this.#state = { ...NO_STYLES, phase: line.phase };
    if (line.stream === 'system') return PLAIN;
    const start = this.#state[line.stream];
    const end = styleAfter(line.text, start);
    if (end !== start) this.#state = { ...this.#state, [line.stream]: end };
    return start;
  }
}
