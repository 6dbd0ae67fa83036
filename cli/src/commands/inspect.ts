/** `appflux inspect` */
import { formatBytes } from '@appflux/protocol';
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import { details } from '../output/deployment.ts';
import { table } from '../output/table.ts';
import { APP_OPTION, type AppFlag, deploymentId } from '../target.ts';

export const inspect: CommandSpec = {
  name: 'inspect',
  summary: 'Show a deployment',
  define: (command, context) =>
    command
      .argument('[id]', 'the deployment; by default the newest of the app')
      .option(...APP_OPTION)
      .option(...JSON_OPTION)
      .action(async (id: string | undefined, { app, json }: JsonFlag & AppFlag) => {
        const session = await context.session();
        const deployment = await session.client.deployments.get(
          await deploymentId(context, session, id, app),
        );
        const { output } = context;
        if (json) return output.json(deployment);
        const { dim } = output.colors;
        const rows = details(deployment).map(([label, value]) => [{ text: label, style: dim }, value]);
        const artifacts = deployment.artifacts.map(({ name, size, url }) => [
          { text: 'Artifact', style: dim },
          `${name} (${formatBytes(size)}) ${url}`,
        ]);
        for (const line of table([...rows, ...artifacts])) output.result(line);
      }),
};
