/** What a step is given, for tests: folders of its own and a log that can be read. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobFailure, type StepContext, type Workspace } from '../../../step-context.ts';

export interface TestSurroundings {
  readonly folder: string;
  readonly workspace: Workspace;
  readonly lines: string[];
  readonly ctx: StepContext;
  readonly abort: (reason: unknown) => void;
  remove(): Promise<void>;
}

export async function surroundings(): Promise<TestSurroundings> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-steps-'));
  const lines: string[] = [];
  const controller = new AbortController();
  return {
    folder,
    workspace: { source: join(folder, 'source'), scratch: join(folder, 'scratch') },
    lines,
    ctx: { log: (text) => lines.push(String(text)), signal: controller.signal },
    abort: (reason) => controller.abort(reason),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The failure that `work` ends in; an end of any other kind is an error of the test. */
export async function failureOf(work: Promise<unknown>): Promise<JobFailure> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof JobFailure) return outcome;
  throw outcome ?? new Error('The work succeeded, and a failure was expected.');
}
