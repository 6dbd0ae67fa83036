/** `appflux promote` */
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import { checkedId } from '../target.ts';

interface Flags extends JsonFlag {
  readonly force?: true;
}

export const promote: CommandSpec = {
  name: 'promote',
  summary: 'Make a successful deployment the app’s release, without a rebuild',
  define: (command, context) =>
    command
      .argument('<id>', 'the deployment')
      .option('--force', 'even if production’s variables differ from those that it was built with')
      .option(...JSON_OPTION)
      .action(async (id: string, { force, json }: Flags) => {
        const { client } = await context.session();
        const deployment = await client.deployments.promote(checkedId(id), force ? { force } : {});
        if (json) return context.output.json(deployment);
        const { urls } = await client.apps.get(deployment.app.slug);
        context.output.note(`${deployment.id} is now the release of ${deployment.app.slug}.`);
        context.output.result(urls.site ?? urls.page);
      }),
};
