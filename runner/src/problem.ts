/** What keeps the runner from working, and what its owner can do about it. */
export class RunnerProblem extends Error {
  override readonly name = 'RunnerProblem';
  /** One sentence: what to do. */
  readonly advice: string;

  constructor(message: string, advice: string, cause?: unknown) {
    super(message, { cause });
    this.advice = advice;
  }
}
