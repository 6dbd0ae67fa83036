/** `appflux redeploy` */
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import { finish } from '../deploy/finish.ts';
import { checkedId } from '../target.ts';

interface Flags extends JsonFlag {
  readonly clearCache?: true;
  readonly latest?: true;
  readonly wait: boolean;
}

export const redeploy: CommandSpec = {
  name: 'redeploy',
  summary: 'Build a deployment again, with the app’s current settings',
  define: (command, context) =>
    command
      .argument('<id>', 'the deployment')
      .option('--clear-cache', 'build without the cache')
      .option('--latest', 'the newest commit of its branch instead of the same one')
      .option('--no-wait', 'don’t wait for the end of the deployment')
      .option(...JSON_OPTION)
      .action(async (id: string, { clearCache, latest, wait, json }: Flags) => {
        const session = await context.session();
        const created = await session.client.deployments.redeploy(checkedId(id), {
          ...(clearCache && { clearCache }),
          ...(latest && { latest }),
        });
        await finish(context, session, created, { json: json === true, wait });
      }),
};
