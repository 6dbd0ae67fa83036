/** Runs a build's commands one after the other, as the entry of a builder image does in a container. */

import { randomBytes } from 'node:crypto';
import { relative } from 'node:path';
import type { BuildInput } from '../job/executor.ts';
import { type Commands, StageLog } from '../job/stage-log.ts';
import type { Journal } from '../journal.ts';
import { own } from '../masking/sentence.ts';
import { ownFileSystemFull } from '../sandbox/disk-watch.ts';
import { OutputReader } from '../sandbox/output.ts';
import { verdict } from '../sandbox/verdict.ts';
import { JobFailure, type Skip, type StepContext } from '../step-context.ts';
import { runCommand } from './run-command.ts';

export interface StagesInput extends BuildInput {
  readonly commands: Commands;
  readonly environment: Readonly<Record<string, string>>;
  /** Aborts when the attempt ends, or its disk is full. */
  readonly signal: AbortSignal;
  readonly journal: Journal;
}

/**
 * @returns why nothing was built, if the ignore command said that there is nothing to do
 * @throws {JobFailure} with the failure of the command that did not end well; the signal's reason if it aborts
 */
export async function runStages(input: StagesInput, ctx: StepContext): Promise<Skip | undefined> {
  const { commands, folder, limits, log, source } = input;
  const stages = new StageLog(commands, input.source, ctx);
  for (const stage of ['ignore', 'install', 'build'] as const) {
    const command = commands[stage];
    if (command === null) continue;
    stages.take({ event: 'begin', stage });
    const exitCode = await runStage(input, command).catch((error: unknown) => {
      stages.close(error);
      throw error;
    });
    stages.take({ event: 'end', stage, code: exitCode });
    if (stage === 'ignore') {
      const skip = stages.skip();
      if (skip !== undefined) return skip;
      continue;
    }
    const failure = verdict({
      exitCode,
      oomKilled: false,
      diskFull: await ownFileSystemFull(folder),
      diskBytes: limits.diskBytes,
      stage,
      commands,
      memoryBytes: null,
      refusedHosts: [],
      tail: log.tail,
      source: {
        path: folder.workspace.source,
        rootDirectory: relative(folder.workspace.source, source.root),
      },
    });
    if (failure !== null) throw failure;
  }
  return undefined;
}

async function runStage(input: StagesInput, command: string): Promise<number> {
  const { source, environment, secrets, log, signal, journal } = input;
  // No program prints marks here: where the commands are, this process knows by itself.
  const nonce = randomBytes(16).toString('hex');
  const reader = (stream: 'stdout' | 'stderr') =>
    new OutputReader({
      nonce,
      secrets,
      line: (text) => log.writeMasked(text, stream),
      mark: () => undefined,
    });
  const readers = { stdout: reader('stdout'), stderr: reader('stderr') };
  try {
    return await runCommand({
      command,
      cwd: source.root,
      environment,
      output: (stream, bytes) => readers[stream].push(bytes),
      ready: () => log.ready(),
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // The message may name paths of the host, so it goes to the journal only.
    journal.error('The host could not run a build', { error: String(error) });
    throw new JobFailure('internal', own('The runner’s host could not run the build'), {
      hint: own('Ask the owner of the runner to run `appflux-runner doctor`.'),
      cause: error,
    });
  } finally {
    readers.stdout.end();
    readers.stderr.end();
  }
}
