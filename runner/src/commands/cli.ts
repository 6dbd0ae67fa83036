#!/usr/bin/env node
/** `appflux-runner`: register, start, doctor. */
import { describeError } from '../journal.ts';
import { marker } from '../journal-priority.ts';
import { RunnerProblem } from '../problem.ts';
import { createProgram } from './program.ts';

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = 1;
  const text =
    error instanceof RunnerProblem
      ? `${error.message}.\n${error.advice}.\n`
      : `Unexpected error.\n${describeError(error)}\n`;
  process.stderr.write(marker(2)('error', text));
}
