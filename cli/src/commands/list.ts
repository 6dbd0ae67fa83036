/** `appflux list` */
import { DeploymentStatus } from '@appflux/protocol';
import { InvalidArgumentError, Option } from 'commander';
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import { addressOf, ago, durationOf, sourceOf, statusCell } from '../output/deployment.ts';
import { table } from '../output/table.ts';
import { APP_OPTION, type AppFlag, findApp } from '../target.ts';

interface Flags extends JsonFlag, AppFlag {
  readonly status?: DeploymentStatus;
  readonly limit: number;
  readonly all?: true;
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 100) return limit;
  throw new InvalidArgumentError('It is a number from 1 to 100.');
}

export const list: CommandSpec = {
  name: 'list',
  summary: 'List deployments, newest first',
  define: (command, context) =>
    command
      .alias('ls')
      .option(...APP_OPTION)
      .option('--all', 'of all apps')
      .addOption(
        new Option('--status <status>', 'only those in this state').choices(DeploymentStatus.options),
      )
      .option('--limit <n>', 'how many, 100 at most', limitOf, 20)
      .option(...JSON_OPTION)
      .action(async ({ app: named, status, limit, all, json }: Flags) => {
        const session = await context.session();
        const { deployments } = session.client;
        const app = all ? null : await findApp(context, session, named);
        const query = { limit, ...(status !== undefined && { status }) };
        const page = app === null ? await deployments.list(query) : await deployments.listOf(app, query);
        const { output } = context;
        if (json) return output.json(page);
        if (page.items.length === 0) return output.note('There are no deployments.');
        const { dim } = output.colors;
        const rows = page.items.map((deployment) => [
          deployment.id,
          deployment.number === 0 ? '' : `#${deployment.number}`,
          ...(app === null ? [deployment.app.slug] : []),
          statusCell(deployment, output.colors),
          deployment.environment,
          sourceOf(deployment),
          {
            text: `${ago(deployment.createdAt)} ${durationOf(deployment) && `(${durationOf(deployment)})`}`,
            style: dim,
          },
          deployment.status === 'success' ? (addressOf(deployment) ?? '') : '',
        ]);
        for (const line of table(rows)) output.result(line);
      }),
};
