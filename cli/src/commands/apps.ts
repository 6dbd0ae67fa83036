/** `appflux apps` */
import { allItems } from '@appflux/client';
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import { table } from '../output/table.ts';

export const apps: CommandSpec = {
  name: 'apps',
  summary: 'List the apps',
  define: (command, context) =>
    command.option(...JSON_OPTION).action(async ({ json }: JsonFlag) => {
      const { client } = await context.session();
      const items = await allItems(client.apps.list);
      const { output } = context;
      if (json) return output.json({ items, nextCursor: null });
      if (items.length === 0) return output.note('There are no apps yet. Run "appflux deploy" in a project.');
      const { bold, dim } = output.colors;
      const rows = items.map(({ slug, name, type, detectedType, release, urls }) => [
        { text: slug, style: bold },
        name,
        type ?? detectedType ?? '',
        release === null ? { text: 'not released', style: dim } : (urls.site ?? urls.page),
      ]);
      for (const line of table(rows)) output.result(line);
    }),
};
