/** `appflux whoami` */
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';

export const whoami: CommandSpec = {
  name: 'whoami',
  summary: 'Show who is signed in, and to which instance',
  define: (command, context) =>
    command.option(...JSON_OPTION).action(async ({ json }: JsonFlag) => {
      const { url, client } = await context.session();
      const me = await client.team.me();
      if (json) return context.output.json(me);
      const team = me.teams.find(({ id }) => id === me.teamId)?.name;
      const { bold, dim } = context.output.colors;
      context.output.result(
        `${bold(me.name)}${team === undefined || team === me.name ? '' : ` (team ${team})`}`,
      );
      context.output.result(dim(`${url} · ${me.role ?? 'API token'} · ${me.permissions.join(', ')}`));
    }),
};
