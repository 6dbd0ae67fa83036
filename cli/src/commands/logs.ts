/** `appflux logs` */
import { type Deployment, Environment, type LogLine, RuntimeLevel } from '@appflux/protocol';
import { Option } from 'commander';
import type { CommandSpec, JsonFlag } from '../command.ts';
import type { Context, Session } from '../context.ts';
import { exitOf, followDeployment, type LinePrinter, TextPrinter } from '../deploy/follow.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { errorLocation } from '../output/deployment.ts';
import { APP_OPTION, type AppFlag, checkedId, deploymentId, requireApp } from '../target.ts';
import { followServer, printServer } from './server-log.ts';

interface Flags extends JsonFlag, AppFlag {
  readonly follow?: true;
  readonly runtime?: true;
  readonly environment?: Environment;
  readonly level?: RuntimeLevel;
}

export const logs: CommandSpec = {
  name: 'logs',
  summary: 'Print the log of a deployment, or of the app’s server',
  define: (command, context) =>
    command
      .argument('[id]', 'the deployment; by default the newest of the app')
      .option(...APP_OPTION)
      .option(
        '-f, --follow',
        'go on until the deployment ends, and exit with its outcome; with --runtime, until Ctrl-C',
      )
      .option('--runtime', 'what the app’s server logs while it runs, of the last 24 hours')
      .addOption(
        new Option('--environment <name>', 'with --runtime: only of production or preview').choices(
          Environment.options,
        ),
      )
      .addOption(
        new Option('--level <level>', 'with --runtime: only of this level and those above it').choices(
          RuntimeLevel.options,
        ),
      )
      .option('--json', 'print a JSON object for each line, and nothing else')
      .action(async (typed: string | undefined, flags: Flags) => {
        const { app, follow, json, runtime, environment, level } = flags;
        if (!runtime && (environment !== undefined || level !== undefined))
          throw new CliProblem(EXIT.usage, '--environment and --level need --runtime.', 'Add --runtime.');
        const session = await context.session();
        if (runtime) {
          const slug = await requireApp(context, session, app);
          const filter = {
            environment,
            level,
            ...(typed !== undefined && { deploymentId: checkedId(typed) }),
          };
          const log = { context, session, slug, filter, isJson: json === true };
          return follow ? untilInterrupted((signal) => followServer(log, signal)) : printServer(log);
        }
        const id = await deploymentId(context, session, typed, app);
        const printer = json
          ? new JsonPrinter(context)
          : new TextPrinter(context, (text) => context.output.result(text));
        if (follow) {
          await untilInterrupted(async (signal) => {
            const ended = await followDeployment(session, id, printer, signal);
            context.exit = exitOf(ended);
            noteLocation(context, ended);
          });
          return;
        }
        await printAll(session, id, printer);
        noteLocation(context, await session.client.deployments.get(id));
      }),
};

/** Does something until it ends, or until Ctrl-C. */
async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const interrupted = () => stop.abort(new CliProblem(EXIT.interrupted, 'Canceled.'));
  process.once('SIGINT', interrupted);
  try {
    await work(stop.signal);
  } finally {
    process.off('SIGINT', interrupted);
  }
}

/** Prints what there is of a log now. */
async function printAll({ client }: Session, id: string, printer: LinePrinter): Promise<void> {
  let after = 0;
  for (;;) {
    const { items, lastSeq } = await client.logs.page(id, { after, limit: 10_000 });
    printer.lines(items);
    const last = items.at(-1)?.seq;
    if (last === undefined || last >= lastSeq) return;
    after = last;
  }
}

/** Says where a failed deployment failed, on standard error. */
function noteLocation({ output }: Context, deployment: Deployment): void {
  const location = errorLocation(deployment);
  if (location !== null) output.note(`Error at ${output.noteColors.bold(location)}`);
}

/** A JSON object per line. Remarks go to standard error. */
class JsonPrinter implements LinePrinter {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  lines(lines: readonly LogLine[]): void {
    for (const line of lines) this.#context.output.json(line, 0);
  }

  note(text: string): void {
    this.#context.output.note(text);
  }
}
