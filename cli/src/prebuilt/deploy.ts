/** `appflux deploy --prebuilt`: publishes an output that was built elsewhere. */
import { stat } from 'node:fs/promises';
import type { Context, Session } from '../context.ts';
import { chooseApp } from '../deploy/choose-app.ts';
import { finish } from '../deploy/finish.ts';
import type { Interruption } from '../deploy/interrupt.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { beginPrebuilt } from './begin.ts';

export interface PrebuiltFlags {
  readonly app?: string;
  readonly prod?: true;
  readonly branch?: string;
  readonly yes?: true;
  readonly json?: true;
}

/**
 * Deploys a folder or file as it is, and follows the deployment to its end. It can't be left alone: only this program has
 * the output, so Ctrl-C cancels.
 */
export async function deployPrebuilt(
  context: Context,
  session: Session,
  path: string,
  flags: PrebuiltFlags,
): Promise<void> {
  const isFolder = await kindOf(path);
  // The link is that of the project, which the output lies in.
  const folder = context.host.cwd();
  const app = await chooseApp(context, session, { folder, named: flags.app, yes: flags.yes === true });
  const stop = new AbortController();
  const leave = new AbortController();
  const { deployment, delivered } = await beginPrebuilt(context, session, {
    app,
    path,
    isFolder,
    environment: flags.prod ? 'production' : 'preview',
    branch: flags.branch ?? null,
    signal: stop.signal,
  });
  delivered.catch((error: unknown) => leave.abort(error));
  try {
    await finish(context, session, deployment, {
      json: flags.json === true,
      wait: true,
      interrupt: () => cancels(context, stop, leave),
    });
  } finally {
    stop.abort();
    await delivered;
  }
}

/** Whether it is a folder. @throws CliProblem `usage` if there is nothing */
async function kindOf(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new CliProblem(
      EXIT.usage,
      `There is no ${path}.`,
      'Name the folder or file that your build has made.',
      cause,
    );
  }
}

/** The first Ctrl-C cancels the deployment, and the second one ends this program immediately. */
function cancels({ output }: Context, stop: AbortController, leave: AbortController): Interruption {
  const interrupted = () => {
    if (stop.signal.aborted) return leave.abort(new CliProblem(EXIT.interrupted, 'Interrupted.'));
    output.note('Canceling…');
    stop.abort();
  };
  process.on('SIGINT', interrupted);
  process.on('SIGTERM', interrupted);
  return {
    signal: leave.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', interrupted);
      process.off('SIGTERM', interrupted);
    },
  };
}
