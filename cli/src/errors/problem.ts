/** A problem that this program found itself, before or without a call of the API. */
import type { Exit } from '../exit.ts';

export class CliProblem extends Error {
  override readonly name = 'CliProblem';
  readonly exit: Exit;
  /** What the person can do about it. */
  readonly hint: string | undefined;

  constructor(exit: Exit, message: string, hint?: string, cause?: unknown) {
    super(message, { cause });
    this.exit = exit;
    this.hint = hint;
  }
}
