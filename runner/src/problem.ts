/** An error that keeps the runner from working, with advice for its owner. */
export class RunnerProblem extends Error {
  override readonly name = 'RunnerProblem';
  /** One sentence: what to do. */
  readonly advice: string;

  constructor(message: string, advice: string, cause?: unknown) {
    super(message, { cause });
    this.advice = advice;
  }
}
