/** A run of the program, from its arguments to its exit code. */
import { UnexpectedResponseError } from '@appflux/client';
import { Context, type Host } from './context.ts';
import { explain } from './errors/explain.ts';
import { EXIT, type Exit } from './exit.ts';
import { run } from './program.ts';
import { VERSION, versionOf } from './version.ts';

/** The number of Node's own warnings, about features that are experimental in older versions, is of no use here. */
const isNodeWarning = (warning: Error): boolean => warning.name === 'ExperimentalWarning';

/** Runs a command line and gives the exit code. Never throws. */
export async function main(host: Host & NodeJS.EventEmitter): Promise<Exit> {
  host.removeAllListeners('warning');
  host.on('warning', (warning: Error) => {
    if (!isNodeWarning(warning)) host.stderr.write(`${warning.name}: ${warning.message}\n`);
  });
  // The reader of a pipe, such as `head`, may have seen enough.
  host.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const context = new Context(host);
  try {
    await run(context, host.argv.slice(2));
    return context.exit;
  } catch (error) {
    await report(context, error);
    return explain(error, context.url).exit;
  } finally {
    context.output.status(null);
  }
}

async function report({ output, url }: Context, error: unknown): Promise<void> {
  const { message, hint, exit, stack } = explain(error, url);
  if (exit === EXIT.interrupted) return;
  output.status(null);
  output.note(`${output.noteColors.red('Error:')} ${message}`);
  if (hint !== null) output.note(hint);
  if (stack !== null) output.note(stack);
  if (error instanceof UnexpectedResponseError && url !== null) {
    const version = await versionOf(url);
    if (version !== null && version !== VERSION) {
      output.note(`${url} runs version ${version}, and this command line is version ${VERSION}.`);
    }
  }
}
