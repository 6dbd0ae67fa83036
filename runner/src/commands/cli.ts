#!/usr/bin/env node
/** `appflux-runner`: register, start, doctor. */
import { describeError } from '../journal.ts';
import { RunnerProblem } from '../problem.ts';
import { createProgram } from './program.ts';

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = 1;
  if (error instanceof RunnerProblem) {
    process.stderr.write(`${error.message}.\n${error.advice}.\n`);
  } else {
    process.stderr.write(`Unexpected error.\n${describeError(error)}\n`);
  }
}
