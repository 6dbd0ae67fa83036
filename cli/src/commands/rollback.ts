/** `appflux rollback` */
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { APP_OPTION, type AppFlag, checkedId, requireApp } from '../target.ts';

export const rollback: CommandSpec = {
  name: 'rollback',
  summary: 'Make an earlier deployment the app’s release again',
  define: (command, context) =>
    command
      .argument('[id]', 'the deployment; by default the release before the current one')
      .option(...APP_OPTION)
      .option(...JSON_OPTION)
      .action(async (typed: string | undefined, { app: named, json }: JsonFlag & AppFlag) => {
        const session = await context.session();
        const { apps, deployments } = session.client;
        const id = typed === undefined ? null : checkedId(typed);
        const slug =
          id === null ? await requireApp(context, session, named) : (await deployments.get(id)).app.slug;
        const target = id ?? (await apps.get(slug)).previousRelease;
        if (target === null) {
          throw new CliProblem(
            EXIT.failed,
            `${slug} has no earlier release.`,
            'Run "appflux list --status success" and name a deployment.',
          );
        }
        const app = await apps.release(slug, target);
        if (json) return context.output.json(app);
        context.output.note(`${target} is the release of ${slug} again.`);
        context.output.result(app.urls.site ?? app.urls.page);
      }),
};
