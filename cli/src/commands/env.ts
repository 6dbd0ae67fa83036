/** `appflux env`: the variables of an app. */
import { Environment, type VariableInfo, VariableName } from '@appflux/protocol';
import { type Command, Option } from 'commander';
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import type { Context } from '../context.ts';
import { pullInto } from '../env/pull-into.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { table } from '../output/table.ts';
import { confirm, readStdin, secret } from '../prompts.ts';
import { APP_OPTION, type AppFlag, requireApp } from '../target.ts';

type Flags = JsonFlag & AppFlag;

interface SetFlags extends Flags {
  readonly environment?: Environment[];
  /** True and false choose; without a flag, name and value decide. */
  readonly sensitive?: boolean;
}

export const env: CommandSpec = {
  name: 'env',
  summary: 'List, set, pull and delete the variables of an app',
  define: (command, context) => {
    defineList(command.command('list'), context);
    defineSet(command.command('set'), context);
    defineRemove(command.command('rm'), context);
    definePull(command.command('pull'), context);
  },
};

function defineList(command: Command, context: Context): void {
  command
    .description('List the variables. Their values can’t be read.')
    .alias('ls')
    .option(...APP_OPTION)
    .option(...JSON_OPTION)
    .action(async ({ app, json }: Flags) => {
      const session = await context.session();
      const slug = await requireApp(context, session, app);
      const { envVars } = await session.client.apps.get(slug);
      const { output } = context;
      if (json) return output.json(envVars);
      if (envVars.length === 0) return output.note(`${slug} has no variables.`);
      const { bold, dim } = output.colors;
      const rows = envVars.map(({ name, environments, sensitive }) => [
        { text: name, style: bold },
        environments.join(', '),
        { text: sensitive === false ? '' : 'sensitive', style: dim },
      ]);
      for (const line of table(rows)) output.result(line);
    });
}

function defineSet(command: Command, context: Context): void {
  command
    .description('Set a variable. Deployments that exist keep the value that they were built with.')
    .argument('<name>', 'its name, or NAME=VALUE')
    .argument('[value]', 'its value; by default it is read from standard input, or asked for')
    .option(...APP_OPTION)
    .addOption(
      new Option('--environment <name...>', 'only for production or preview').choices(Environment.options),
    )
    .option('--sensitive', 'hide the value in logs')
    .option('--no-sensitive', 'don’t hide the value in logs')
    .option(...JSON_OPTION)
    .action(async (typed: string, given: string | undefined, flags: SetFlags) => {
      const session = await context.session();
      const slug = await requireApp(context, session, flags.app);
      const equals = given === undefined ? typed.indexOf('=') : -1;
      const name = checkedName(equals === -1 ? typed : typed.slice(0, equals));
      const value = equals === -1 ? (given ?? (await askedValue(context, name))) : typed.slice(equals + 1);
      const { environment, sensitive } = flags;
      await session.client.apps.setVariable(slug, name, {
        value,
        ...(environment !== undefined && { environments: environment }),
        ...(sensitive !== undefined && { sensitive }),
      });
      if (!flags.json) return context.output.note(`Set ${name} of ${slug}. The next deployment gets it.`);
      const { envVars } = await session.client.apps.get(slug);
      context.output.json(envVars.find((variable: VariableInfo) => variable.name === name));
    });
}

function defineRemove(command: Command, context: Context): void {
  command
    .description('Delete a variable.')
    .argument('<name>', 'its name')
    .option(...APP_OPTION)
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'ask nothing, and print nothing on standard output: the API answers with no record')
    .action(async (typed: string, { app, yes, json }: Flags & { yes?: true }) => {
      const session = await context.session();
      const slug = await requireApp(context, session, app);
      const name = checkedName(typed);
      const asks = context.output.interactive && yes !== true && json !== true;
      if (asks && !(await confirm(context, `Delete ${name} of ${slug}?`, false))) return;
      await session.client.apps.deleteVariable(slug, name);
      context.output.note(`Deleted ${name} of ${slug}.`);
    });
}

function definePull(command: Command, context: Context): void {
  command
    .description('Add the names of the variables to a file, without values: those can’t be read.')
    .argument('[file]', 'the file; what it has already stays', '.env.local')
    .option(...APP_OPTION)
    .addOption(
      new Option('--environment <name>', 'only what this environment gets').choices(Environment.options),
    )
    .option(...JSON_OPTION)
    .action(async (file: string, flags: Flags & { environment?: Environment }) => {
      const session = await context.session();
      const slug = await requireApp(context, session, flags.app);
      await pullInto(context, session, slug, file, flags);
    });
}

/** @throws CliProblem `usage` if it is no name */
function checkedName(text: string): string {
  const parsed = VariableName.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CliProblem(
    EXIT.usage,
    `"${text}" is not the name of a variable: ${parsed.error.issues[0]?.message ?? 'invalid'}.`,
  );
}

const askedValue = (context: Context, name: string): Promise<string> =>
  context.host.stdin.isTTY === true ? secret(context, `Value of ${name}`) : readStdin(context);
