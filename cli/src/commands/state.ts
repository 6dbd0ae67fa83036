/** `appflux state`: what the bindings of an app hold. */
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import {
  BindingName,
  formatBytes,
  STATE_EXPORT_EXTENSION,
  type StateItem,
  StateScope,
} from '@appflux/protocol';
import type { Command } from 'commander';
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import type { Context, Session } from '../context.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { table } from '../output/table.ts';
import { confirm } from '../prompts.ts';
import { APP_OPTION, type AppFlag, requireApp } from '../target.ts';

interface Flags extends AppFlag {
  readonly environment: string;
}

const ENVIRONMENT_OPTION = [
  '--environment <name>',
  'production, preview, or fork- and the id of a deployment',
  'production',
] as const;

export const state: CommandSpec = {
  name: 'state',
  summary: 'List, export and delete what the bindings of an app hold',
  define: (command, context) => {
    defineList(command.command('list'), context);
    defineExport(command.command('export'), context);
    defineDelete(command.command('delete'), context);
  },
};

function defineList(command: Command, context: Context): void {
  command
    .description('List what there is, and how large it is.')
    .alias('ls')
    .option(...APP_OPTION)
    .option(...JSON_OPTION)
    .action(async ({ app, json }: AppFlag & JsonFlag) => {
      const session = await context.session();
      const slug = await requireApp(context, session, app);
      const items = await session.client.state.list(slug);
      const { output } = context;
      if (json) return output.json({ items });
      const [first] = items;
      if (first === undefined) return output.note(`The bindings of ${slug} hold nothing.`);
      const { bold, dim } = output.colors;
      const rows = items.map(({ environment, binding, kind, bytes, entries }) => [
        environment,
        { text: binding, style: bold },
        kind,
        formatBytes(bytes),
        { text: `${entries} ${kind === 'kv' ? 'key' : 'table'}${entries === 1 ? '' : 's'}`, style: dim },
      ]);
      for (const line of table(rows)) output.result(line);
      const used = items.reduce((sum, { bytes }) => sum + bytes, 0);
      output.note(`${formatBytes(used)} of ${formatBytes(first.quotaBytes)} used.`);
    });
}

function defineExport(command: Command, context: Context): void {
  command
    .description('Write what a binding holds into a file: SQL for a database, JSON lines for keys.')
    .argument('<binding>', 'its name, such as DB')
    .option(...APP_OPTION)
    .option(...ENVIRONMENT_OPTION)
    .option('-o, --output <file>', 'the file; - for standard output')
    .action(async (typed: string, flags: Flags & { readonly output?: string }) => {
      const session = await context.session();
      const slug = await requireApp(context, session, flags.app);
      const { environment, binding, kind } = await requireItem(session, slug, typed, flags.environment);
      const { body } = await session.client.state.export(slug, environment, binding);
      const content = Readable.fromWeb((body ?? new Blob([]).stream()) as ReadableStream);
      if (flags.output === '-') return pipeline(content, context.host.stdout, { end: false });
      const named = flags.output ?? `${slug}-${environment}-${binding}.${STATE_EXPORT_EXTENSION[kind]}`;
      await writeWhole(content, resolve(context.host.cwd(), named));
      context.output.note(`Wrote ${named}.`);
    });
}

function defineDelete(command: Command, context: Context): void {
  command
    .description('Delete what a binding holds, permanently. The site begins again with nothing.')
    .argument('<binding>', 'its name, such as DB')
    .option(...APP_OPTION)
    .option(...ENVIRONMENT_OPTION)
    .option('-y, --yes', 'ask nothing')
    .action(async (typed: string, flags: Flags & { readonly yes?: true }) => {
      const session = await context.session();
      const slug = await requireApp(context, session, flags.app);
      const { environment, binding, bytes } = await requireItem(session, slug, typed, flags.environment);
      const what = `${binding} of ${slug} in ${environment}`;
      if (flags.yes !== true) {
        if (!context.output.interactive) {
          throw new CliProblem(EXIT.usage, `This deletes ${what} permanently.`, 'Confirm it with --yes.');
        }
        if (!(await confirm(context, `Delete ${what} (${formatBytes(bytes)}) permanently?`, false))) return;
      }
      await session.client.state.delete(slug, environment, binding);
      context.output.note(`Deleted ${what}.`);
    });
}

/** What was named, if there is anything. @throws CliProblem `usage` if not */
async function requireItem(
  { client }: Session,
  slug: string,
  binding: string,
  environment: string,
): Promise<StateItem> {
  if (!StateScope.safeParse(environment).success) {
    throw new CliProblem(EXIT.usage, `"${environment}" is not an environment: use production or preview.`);
  }
  if (!BindingName.safeParse(binding).success) {
    throw new CliProblem(EXIT.usage, `"${binding}" is not the name of a binding, such as DB or CACHE.`);
  }
  const items = await client.state.list(slug);
  const found = items.find((item) => item.binding === binding && item.environment === environment);
  if (found !== undefined) return found;
  throw new CliProblem(
    EXIT.usage,
    `${binding} of ${slug} holds nothing in ${environment}.`,
    'Run "appflux state list" to see what there is.',
  );
}

/** Writes a file that has its name only once it is complete. */
async function writeWhole(content: Readable, path: string): Promise<void> {
  const part = `${path}.part`;
  try {
    await pipeline(content, createWriteStream(part));
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
