/** How long a deployment's commands took, by the times of its log's lines. Pure. */
import type { LogLine } from '@appflux/protocol';
import { RESTORING } from '../../runner/src/job/stage-log.ts';

/** Seconds; 0 for a missing command. */
export interface Times {
  readonly install: number;
  readonly build: number;
}

const END = { install: /^Installed in \d/, build: /^Built in \d/ };

/**
 * The time between a command's own line (`$ npm ci`), or the line that replaces it if it was not run, and the line
 * that reports its end.
 */
export function commandTimes(lines: readonly Pick<LogLine, 'at' | 'stream' | 'text'>[]): Times {
  const own = lines.filter(({ stream }) => stream === 'system');
  const took = (end: RegExp) => {
    const ended = own.findIndex(({ text }) => end.test(text));
    const begun = own
      .slice(0, ended + 1)
      .findLast(({ text }) => text.startsWith('$ ') || text.startsWith(RESTORING));
    const last = own[ended];
    return last === undefined || begun === undefined
      ? 0
      : (Date.parse(last.at) - Date.parse(begun.at)) / 1000;
  };
  return { install: took(END.install), build: took(END.build) };
}
