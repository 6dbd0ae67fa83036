/** `appflux cancel` */
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import { checkedId } from '../target.ts';

export const cancel: CommandSpec = {
  name: 'cancel',
  summary: 'Cancel a deployment',
  define: (command, context) =>
    command
      .argument('<id>', 'the deployment')
      .option(...JSON_OPTION)
      .action(async (id: string, { json }: JsonFlag) => {
        const { client } = await context.session();
        const deployment = await client.deployments.cancel(checkedId(id));
        if (json) return context.output.json(deployment);
        context.output.note(`${deployment.id} is ${deployment.status}.`);
      }),
};
