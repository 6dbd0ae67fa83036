/** `appflux open` */
import { openBrowser } from '../browser.ts';
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { addressOf } from '../output/deployment.ts';
import { APP_OPTION, type AppFlag, checkedId, requireApp } from '../target.ts';

interface Flags extends AppFlag, JsonFlag {
  readonly dashboard?: true;
}

export const open: CommandSpec = {
  name: 'open',
  summary: 'Open the app’s site in the browser, and print its URL',
  define: (command, context) =>
    command
      .argument('[id]', 'a deployment, instead of the release')
      .option(...APP_OPTION)
      .option('--dashboard', 'open the dashboard instead of the site')
      .option(...JSON_OPTION)
      .action(async (id: string | undefined, { app, dashboard, json }: Flags) => {
        const session = await context.session();
        const { client, url } = session;
        let address: string | null;
        if (id !== undefined) {
          const deployment = await client.deployments.get(checkedId(id));
          if (json) return context.output.json(deployment);
          address = dashboard ? `${url}/deployments/${deployment.id}` : addressOf(deployment);
        } else {
          const found = await client.apps.get(await requireApp(context, session, app));
          if (json) return context.output.json(found);
          const { slug, urls, release } = found;
          address = dashboard ? `${url}/apps/${slug}` : release === null ? null : (urls.site ?? urls.page);
        }
        if (address === null) {
          throw new CliProblem(
            EXIT.failed,
            'There is no site to open yet.',
            'Run "appflux deploy --prod" first.',
          );
        }
        context.output.result(address);
        if (context.output.interactive) await openBrowser(address);
      }),
};
