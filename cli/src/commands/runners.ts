/** `appflux runners` */
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import { ago } from '../output/deployment.ts';
import { table } from '../output/table.ts';

export const runners: CommandSpec = {
  name: 'runners',
  summary: 'List the runners',
  define: (command, context) =>
    command.option(...JSON_OPTION).action(async ({ json }: JsonFlag) => {
      const { client } = await context.session();
      const items = await client.runners.list();
      const { output } = context;
      if (json) return output.json({ items });
      if (items.length === 0)
        return output.note('There are no runners. Deployments wait until one is registered.');
      const { bold, green, yellow, red } = output.colors;
      const colors = { online: green, draining: yellow, offline: red };
      const rows = items.map(({ name, status, busy, slots, labels, version, lastSeenAt }) => [
        { text: name, style: bold },
        { text: status, style: colors[status] },
        `${busy} of ${slots} busy`,
        version,
        labels.join(', '),
        lastSeenAt === null ? 'never seen' : `seen ${ago(lastSeenAt)}`,
      ]);
      for (const line of table(rows)) output.result(line);
    }),
};
