/** Says in the log which of a build's commands runs, how it ended, and how long it took. */
import type { BuildStage, Mark } from '../sandbox/marks.ts';
import { seconds } from './duration.ts';
import { printable } from './prepare/printable.ts';
import type { Skip, WriteLine } from './step.ts';

/** What a build runs; null for what it has not. */
export type Commands = Readonly<Record<BuildStage, string | null>>;

/** A skip's reason is at most 500 units long, and masking may lengthen it. */
const LONGEST_COMMAND = 300;

/** Follows the marks of one build. */
export class StageLog {
  readonly #commands: Commands;
  readonly #log: WriteLine;
  #startedAt = 0;
  #last: Mark | null = null;

  constructor(commands: Commands, log: WriteLine) {
    this.#commands = commands;
    this.#log = log;
  }

  /** The stage that was begun last; null when none was. */
  get current(): BuildStage | null {
    return this.#last?.stage ?? null;
  }

  /** Takes a mark of the entry. */
  take(mark: Mark) {
    this.#last = mark;
    if (mark.event === 'begin') {
      this.#startedAt = performance.now();
      this.#begin(mark.stage);
    } else {
      this.#log(ending(mark.stage, mark.code, seconds(performance.now() - this.#startedAt)));
    }
  }

  /** Why the build ended without having been begun, if the ignore command said so with its success. */
  skip(): Skip | undefined {
    const { ignore } = this.#commands;
    if (ignore === null || this.#last?.event !== 'end') return undefined;
    if (this.#last.stage !== 'ignore' || this.#last.code !== 0) return undefined;
    return { reason: `ignoreCommand (${printable(ignore, LONGEST_COMMAND)}) ended with exit code 0` };
  }

  #begin(stage: BuildStage) {
    const command = this.#commands[stage] ?? '';
    this.#log(`$ ${command}`);
    if (stage === 'ignore' && /\bgit\b/.test(command)) {
      this.#log(
        'Builds have the files of the source but not its repository (.git): a git command in ignoreCommand finds no history.',
      );
    }
  }
}

function ending(stage: BuildStage, code: number, took: string): string {
  if (stage === 'ignore') {
    return code === 0
      ? `The ignore command ended with exit code 0 after ${took}: there is nothing to build.`
      : `The ignore command ended with exit code ${code} after ${took}: the build goes on.`;
  }
  if (code !== 0) return `The ${stage} command ended with exit code ${code} after ${took}.`;
  return `${stage === 'install' ? 'Installed' : 'Built'} in ${took}.`;
}
