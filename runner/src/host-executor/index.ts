/**
 * Builds on the runner's own host, as its own user and in no sandbox: for what only that host has, such as Xcode, and for
 * code of its owner alone (docs/security.md). Nothing is kept from one build to the next.
 */

import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HOST_EXECUTOR_LABELS } from '@appflux/protocol';
import { execa } from 'execa';
import { type BuildInput, type Executor, type JobHost, runIfAny } from '../job/executor.ts';
import { openFiles } from '../job/files/index.ts';
import { traceVariables } from '../job/history-trace.ts';
import type { Commands } from '../job/stage-log.ts';
import { buildEnvironment, platformVariables } from '../job/variables.ts';
import { own, say } from '../masking/sentence.ts';
import { attemptFolder, makeAttemptFolder } from '../sandbox/attempt-folder.ts';
import { unmountWithin } from '../sandbox/disk/file-system.ts';
import { whileDiskLasts } from '../sandbox/disk-watch.ts';
import { removeTree } from '../sandbox/remove-tree.ts';
import { JobFailure, type Skip, type StepContext } from '../step-context.ts';
import { inherited } from './environment.ts';
import { runStages } from './stages.ts';
import { nodeNote, toolVersions } from './tools.ts';

/** Replaces the image's name in a deployment's record. */
export const HOST_IMAGE = 'host';

export const HOST_WARNING =
  'This runner builds without a sandbox (executor: host): builds run as its user, with no network restrictions ' +
  'and no memory or CPU limit, and can read everything that user can read. Use it for your own code only.';

type Host = Pick<JobHost, 'settings' | 'runnerId' | 'journal'>;

export function hostExecutor(host: Host): Executor {
  return {
    kind: 'host',
    warning: HOST_WARNING,
    planned: (plan) => ({ ...plan, image: HOST_IMAGE }),
    folder: ({ job, attempt }) => attemptFolder(host.settings.state, job.deploymentId, attempt),
    attempt: ({ folder, journal }) => ({
      makeFolder: (disk) => makeAttemptFolder(folder, disk),
      build: (input, ctx) =>
        runIfAny(input, (commands) => buildOnHost({ ...host, journal }, input, commands, ctx), ctx),
      keep: async () => undefined,
    }),
    // The build ended all that it had started.
    settled: async () => undefined,
    removeFolder,
  };
}

async function buildOnHost(
  host: Host,
  input: BuildInput,
  commands: Commands,
  ctx: StepContext,
): Promise<Skip | undefined> {
  const { job, plan, source, folder, limits } = input;
  checkAskedFor(job.build.labels);
  if (plan.server !== undefined) throw noPackager();
  const home = join(folder.top, 'home');
  const temporary = join(folder.top, 'tmp');
  for (const path of [home, temporary]) await mkdir(path, { mode: 0o700 });
  const own = { HOME: home, TMPDIR: temporary };
  const defaults = inherited(process.env);
  const tools = await toolVersions({ ...defaults, ...own }, ctx.signal);
  input.onImage({ digest: null, tools });
  const note = nodeNote(plan.node, tools.node);
  if (note !== null) ctx.log(note);
  const onDisk = join(folder.workspace.scratch, 'files');
  const files = await openFiles({ ...input, runnerId: host.runnerId, onDisk }, ctx);
  const disk = {
    folder,
    limitBytes: limits.diskBytes,
    keepFreeBytes: host.settings.keepFree,
    onError: (error: unknown) =>
      host.journal.warn('The disk could not be measured', { error: String(error) }),
  };
  try {
    const environment = buildEnvironment({
      defaults: { ...defaults, ...traceVariables(source, folder.workspace.source), ...files.suggested },
      app: job.variables,
      sandbox: { ...own, ...files.environment },
      platform: platformVariables(job, source),
    });
    return await whileDiskLasts(disk, ctx.signal, (signal) =>
      runStages({ ...input, commands, environment, signal, journal: host.journal }, ctx),
    );
  } finally {
    await files.close();
  }
}

/** The pool doesn't offer such builds to this runner. Without a sandbox, the runner checks again. */
function checkAskedFor(labels: readonly string[]): void {
  if (labels.some((label) => HOST_EXECUTOR_LABELS.includes(label))) return;
  throw new JobFailure(
    'settings_invalid',
    own('This runner builds without a sandbox, which the app does not allow'),
    {
      hint: say`If you trust the app’s code on that host, add the label ${HOST_EXECUTOR_LABELS.join(' or ')} to its build settings.`,
    },
  );
}

/** Packagers are programs of the web builder image. */
const noPackager = (): JobFailure =>
  new JobFailure(
    'settings_invalid',
    own('This runner builds without containers, which the packager of servers needs'),
    {
      hint: own(
        'Remove the label of this runner from the app’s build settings, or set "server" to false in appflux.json to publish only files.',
      ),
    },
  );

/** Tools write-protect what they have fetched (Go its modules), which keeps `rm` from emptying those folders. */
async function removeFolder(top: string): Promise<void> {
  await unmountWithin(top);
  try {
    await removeTree(top);
  } catch {
    // The second try reports the error, if that fails too.
    await chmod(top, 0o700);
    await execa('chmod', ['-R', 'u+rwX', '--', top], { reject: false });
    await removeTree(top);
  }
}
