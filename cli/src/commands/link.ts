/** `appflux link` */
import { resolve } from 'node:path';
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import { chooseApp, existing, link as linkFolder } from '../deploy/choose-app.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { type AppFlag, checkedSlug } from '../target.ts';

interface Flags extends JsonFlag, AppFlag {
  readonly yes?: true;
}

export const link: CommandSpec = {
  name: 'link',
  summary: 'Link a folder to an app, so that commands in it need no --app',
  define: (command, context) =>
    command
      .argument('[dir]', 'the folder', '.')
      .option('--app <slug>', 'the app')
      .option('-y, --yes', 'ask nothing; create an app named after the folder if there is none')
      .option(...JSON_OPTION)
      .action(async (dir: string, { app: named, yes, json }: Flags) => {
        const folder = resolve(context.host.cwd(), dir);
        const session = await context.session();
        if (named === undefined) {
          const app = await chooseApp(context, session, { folder, named, yes: yes === true });
          if (yes) await linkFolder(context, session, folder, app.slug);
          return json ? context.output.json(app) : undefined;
        }
        const slug = checkedSlug(named);
        const app = await existing(session, slug);
        if (app === null) {
          throw new CliProblem(
            EXIT.usage,
            `There is no app "${slug}".`,
            'Run "appflux apps" to see all apps.',
          );
        }
        await linkFolder(context, session, folder, slug);
        if (json) context.output.json(app);
      }),
};
