/** Logs which of a build's commands runs, how it ended, and how long it took. */

import { formatElapsed, printable } from '@appflux/protocol';
import { own, say } from '../masking/sentence.ts';
import type { BuildStage, CommandStage, Mark } from '../sandbox/marks.ts';
import type { PreparedSource, Skip, StepContext } from '../step-context.ts';
import { type Span, UNTRACED } from '../tracing/trace.ts';

/** A build's commands; null where it has none. */
export type Commands = Readonly<Record<CommandStage, string | null>>;

/** A skip's reason is at most 500 units long, and masking may lengthen it. */
const LONGEST_COMMAND = 300;

/** Start of the log line that replaces the one of a skipped install command. */
export const RESTORING =
  'Restoring the packages of an earlier build with the same lockfile, settings, Node and variables, instead of:';

/** The error that a command's span ends with if its exit code is not 0. */
class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** Follows the marks of one build. */
export class StageLog {
  readonly #commands: Commands;
  readonly #ctx: StepContext;
  readonly #hasRepository: boolean;
  #startedAt = 0;
  #span: Span = UNTRACED;
  #last: Mark | null = null;
  #current: BuildStage | null = null;

  /** @param source what is built: most uploads have no repository that Git could be asked about */
  constructor(
    commands: Commands,
    source: Pick<PreparedSource, 'commitHash' | 'hasRepository'>,
    ctx: StepContext,
  ) {
    this.#commands = commands;
    this.#hasRepository = source.commitHash !== null || source.hasRepository === true;
    this.#ctx = ctx;
  }

  /** The stage that was begun last, to which belongs what is done about its packages beforehand; null when none was. */
  get current(): BuildStage | null {
    return this.#current;
  }

  /** Takes a mark of the entry. */
  take(mark: Mark) {
    this.#last = mark;
    // Whether packages are kept is decided after everything else, and changes nothing about the build.
    if (mark.stage !== 'keep') this.#current = stageOf(mark.stage);
    if (mark.event === 'begin') {
      this.#startedAt = performance.now();
      this.#span = (this.#ctx.trace ?? UNTRACED).begin(`${mark.stage} command`);
      this.#begin(mark.stage);
      return;
    }
    this.#span.end(mark.code === 0 ? undefined : new CommandFailed());
    this.#span = UNTRACED;
    const line = ending(mark.stage, mark.code, formatElapsed(performance.now() - this.#startedAt));
    if (line !== null) this.#ctx.log(own(line));
  }

  /** Ends what a build that was stopped has left open. */
  close(reason: unknown): void {
    this.#span.end(reason);
    this.#span = UNTRACED;
  }

  /** Why the build ended without having been begun, if the ignore command said so with its success. */
  skip(): Skip | undefined {
    const { ignore } = this.#commands;
    if (ignore === null || this.#last?.event !== 'end') return undefined;
    if (this.#last.stage !== 'ignore' || this.#last.code !== 0) return undefined;
    return { reason: say`ignoreCommand (${printable(ignore, LONGEST_COMMAND)}) ended with exit code ${0}` };
  }

  #begin(stage: Mark['stage']) {
    if (stage === 'keep' || stage === 'prepare') return;
    if (stage === 'server') {
      this.#ctx.log(own('Packing the server of the site…'));
      return;
    }
    if (stage === 'restore') {
      this.#ctx.log(say`${own(RESTORING)} ${this.#commands.install ?? ''}`);
      return;
    }
    const command = this.#commands[stage] ?? '';
    this.#ctx.log(say`$ ${command}`);
    if (stage === 'ignore' && !this.#hasRepository && /\bgit\b/.test(command)) {
      this.#ctx.log(
        own('The upload has no Git repository (.git): git commands in ignoreCommand find no history.'),
      );
    }
  }
}

function stageOf(stage: Exclude<Mark['stage'], 'keep'>): BuildStage {
  if (stage === 'prepare') return 'server';
  return stage === 'restore' ? 'install' : stage;
}

/** Null where there is nothing to say: what was kept is said with the cache, and why not by the entry. */
function ending(stage: Mark['stage'], code: number, took: string): string | null {
  if (stage === 'keep' || stage === 'prepare') return null;
  if (stage === 'server')
    return code === 0 ? `Packed in ${took}.` : `The server could not be packed (${took}).`;
  if (stage === 'restore') {
    return code === 0 ? `Installed in ${took}.` : 'The packages could not be restored.';
  }
  if (stage === 'ignore') {
    return code === 0
      ? `The ignore command ended with exit code 0 after ${took}: skipping the build.`
      : `The ignore command ended with exit code ${code} after ${took}: continuing the build.`;
  }
  if (code !== 0) return `The ${stage} command ended with exit code ${code} after ${took}.`;
  return `${stage === 'install' ? 'Installed' : 'Built'} in ${took}.`;
}
