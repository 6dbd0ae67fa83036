/** `appflux logs` */
import type { LogLine } from '@appflux/protocol';
import type { CommandSpec, JsonFlag } from '../command.ts';
import type { Context, Session } from '../context.ts';
import { exitOf, followDeployment, type LinePrinter, TextPrinter } from '../deploy/follow.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { APP_OPTION, type AppFlag, deploymentId } from '../target.ts';

interface Flags extends JsonFlag, AppFlag {
  readonly follow?: true;
}

export const logs: CommandSpec = {
  name: 'logs',
  summary: 'Print the log of a deployment',
  define: (command, context) =>
    command
      .argument('[id]', 'the deployment; by default the newest of the app')
      .option(...APP_OPTION)
      .option('-f, --follow', 'go on until the deployment ends, and exit with its outcome')
      .option('--json', 'print a JSON object for each line, and nothing else')
      .action(async (typed: string | undefined, { app, follow, json }: Flags) => {
        const session = await context.session();
        const id = await deploymentId(context, session, typed, app);
        const printer = json
          ? new JsonPrinter(context)
          : new TextPrinter(context, (text) => context.output.result(text));
        if (!follow) return printAll(session, id, printer);
        const stop = new AbortController();
        const interrupted = () => stop.abort(new CliProblem(EXIT.interrupted, 'Canceled.'));
        process.once('SIGINT', interrupted);
        try {
          context.exit = exitOf(await followDeployment(session, id, printer, stop.signal));
        } finally {
          process.off('SIGINT', interrupted);
        }
      }),
};

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
