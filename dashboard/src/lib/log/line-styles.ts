import type { LogLine, Phase } from '@appflux/protocol';
import { styleAfter } from './ansi.ts';
import { PLAIN, type Style } from './sgr.ts';

/** The styles after a line. */
export interface StyleState {
  readonly stdout: Style;
  readonly stderr: Style;
  readonly phase: Phase | null;
}

export const NO_STYLES: StyleState = { stdout: PLAIN, stderr: PLAIN, phase: null };

/** Tracks styles from line to line: a style carries over within its stream until the phase ends. */
export class LineStyles {
  #state: StyleState;

  /** `state` is the state before the first line. */
  constructor(state = NO_STYLES) {
    this.#state = state;
  }

  get state(): StyleState {
    return this.#state;
  }

  /** The style that the next line starts with. */
  startOf(line: LogLine): Style {
    if (line.phase !== this.#state.phase) this.#state = { ...NO_STYLES, phase: line.phase };
    if (line.stream === 'system') return PLAIN;
    const start = this.#state[line.stream];
    const end = styleAfter(line.text, start);
    if (end !== start) this.#state = { ...this.#state, [line.stream]: end };
    return start;
  }
}
