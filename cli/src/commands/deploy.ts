/** `appflux deploy` */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { formatBytes, formatNumber } from '@appflux/protocol';
import { Option } from 'commander';
import { type CommandSpec, JSON_OPTION, type JsonFlag } from '../command.ts';
import type { Context, Session } from '../context.ts';
import { chooseApp } from '../deploy/choose-app.ts';
import { createOnce } from '../deploy/create.ts';
import { finish } from '../deploy/finish.ts';
import { stopOnInterrupt } from '../deploy/interrupt.ts';
import { upload } from '../deploy/upload.ts';
import { pack } from '../pack/archive.ts';
import { type Collected, collect, largest } from '../pack/collect.ts';
import { APP_OPTION, type AppFlag } from '../target.ts';

export interface DeployFlags extends JsonFlag, AppFlag {
  readonly prod?: true;
  readonly branch?: string;
  readonly clearCache?: true;
  readonly prebuilt?: true;
  readonly yes?: true;
  readonly wait: boolean;
}

export const deploy: CommandSpec = {
  name: 'deploy',
  summary: 'Deploy a folder',
  define: (command, context) =>
    command
      .argument('[dir]', 'the folder', '.')
      .option(...APP_OPTION)
      .option('--prod', 'to production; otherwise it is a preview')
      .option('--branch <name>', 'the branch that this is a preview of')
      .addOption(
        new Option('--prebuilt', 'publish the folder or file as it is, without building it').conflicts(
          'clearCache',
        ),
      )
      .option('--clear-cache', 'build without the cache')
      .option('-y, --yes', 'ask nothing, and create the app if there is none')
      .option('--no-wait', 'don’t wait for the end of the deployment')
      .option(...JSON_OPTION)
      .addHelpText(
        'after',
        `
Packs the folder without what .appfluxignore and .gitignore name, and without .git and node_modules. The log goes to
standard error, the URL of the site to standard output.`,
      )
      .action(async (dir: string, flags: DeployFlags) => {
        const folder = resolve(context.host.cwd(), dir);
        if (flags.prebuilt) {
          const session = await context.session();
          const { deployPrebuilt } = await import('../prebuilt/deploy.ts');
          return deployPrebuilt(context, session, folder, flags);
        }
        const session = await context.session(folder);
        await deployFolder(context, session, folder, flags);
      }),
};

async function deployFolder(
  context: Context,
  session: Session,
  folder: string,
  flags: DeployFlags,
): Promise<void> {
  const { output } = context;
  output.status('Collecting files…');
  // Before any question: a folder that can't be deployed needs no app.
  const collected = await collect(folder);
  output.status(null);
  const app = await chooseApp(context, session, { folder, named: flags.app, yes: flags.yes === true });
  for (const note of collected.notes) output.note(note);
  const { entries, bytes } = collected;
  output.note(
    `${formatNumber(entries.length)} ${entries.length === 1 ? 'file' : 'files'}, ${formatBytes(bytes)}. The largest:`,
  );
  for (const line of largest(entries, 3)) output.note(output.noteColors.dim(line));
  const uploadId = await packAndUpload(context, session, collected, app.slug);
  const created = await createOnce(session, app.slug, {
    uploadId,
    environment: flags.prod ? 'production' : 'preview',
    ...(flags.branch !== undefined && { branch: flags.branch }),
    ...(flags.clearCache && { clearCache: true }),
  });
  await finish(context, session, created, { json: flags.json === true, wait: flags.wait });
}

/** Gives the id of the upload. Nothing stays on this machine, also after Ctrl-C. */
async function packAndUpload(
  context: Context,
  session: Session,
  collected: Collected,
  slug: string,
): Promise<string> {
  const { output } = context;
  using interruption = stopOnInterrupt();
  const { signal } = interruption;
  output.status('Packing…');
  await using archive = await pack(collected, { signal });
  const { size } = await stat(archive.path);
  output.status(null);
  output.note(`Uploading ${formatBytes(size)} to ${slug} at ${session.url}`);
  return await upload(context, session, { path: archive.path, name: `${slug}.zip` }, signal);
}
