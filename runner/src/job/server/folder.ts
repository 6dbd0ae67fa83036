/** Lists what of a packed server is published: its files, modules and source maps, and how it is run. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import {
  listed,
  MAPS_FOLDER,
  quoted,
  SERVER_FOLDER,
  SERVER_LIMITS,
  type ServerSpec,
} from '@appflux/protocol';
import { own, say } from '../../masking/sentence.ts';
import { JobFailure, type StepContext } from '../../step-context.ts';
import type { OutputFolder } from '../collect/index.ts';
import { isFolder, type PackedFile, walkFolder } from '../collect/walk.ts';
import { assetsFolder, type SiteFolder, type SiteProject } from '../site/folder.ts';
import { checkLimits } from './limits.ts';
import { readSpec, type ServerWishes } from './spec.ts';

/** The folder that the packager of the web image leaves (builder-images/README.md). */
const SERVER_OUTPUT = '.appflux-server';

/** The folders in it. */
const PARTS = ['modules', 'maps', 'assets'];

/** Whether a folder is what a packager leaves; its name says so. */
export const isServerOutput = ({ root, folder }: Pick<OutputFolder, 'root' | 'folder'>): boolean =>
  join(root, folder).replaceAll('\\', '/').split('/').at(-1) === SERVER_OUTPUT;

/** What of a project decides how its server is published. */
export interface ServerProject extends SiteProject {
  /** `bindings` and `crons` of its `appflux.json`. */
  readonly server?: ServerWishes;
}

/** A site, and its server. */
export interface ServerSite extends SiteFolder {
  readonly server: ServerSpec;
}

/**
 * What is published of a packed server. A build may have written anything into its folder.
 * @throws {JobFailure} `artifact_invalid` for what can't be run or is beyond a limit, `settings_invalid` for rules or
 * bindings that don't fit; the reason of `ctx.signal` if it aborts
 */
export async function serverFolder(
  output: OutputFolder,
  project: ServerProject,
  ctx: StepContext,
): Promise<ServerSite> {
  const { root, folder } = output;
  const top = await realpath(join(root, folder));
  for (const part of PARTS) await assertOwn(join(top, part), folder === '' ? part : `${folder}/${part}`);
  const shown = folder === '' ? SERVER_OUTPUT : folder;
  const server = await readSpec(top, shown, project.server ?? {});
  const modules = await filesOf(output, top, 'modules', ctx);
  if (!modules.some(({ inside }) => inside === server.main))
    throw new JobFailure(
      'artifact_invalid',
      say`The main module ${quoted(server.main)} is not in ${quoted(`${shown}/modules`)}.`,
      { hint: own('Check that the build command builds the server.') },
    );
  const names = new Set(modules.map(({ inside }) => `${inside}.map`));
  const maps = (await filesOf(output, top, 'maps', ctx)).filter(({ inside }) => names.has(inside));
  await checkLimits(modules, maps, ctx.signal);
  logSurroundings(server, ctx);
  const assets = await assetsFolder(
    { ...output, folder: folder === '' ? 'assets' : `${folder}/assets`, isSource: false },
    project,
    ctx,
  );
  return {
    server,
    rules: assets.rules,
    files: [...assets.files, ...within(SERVER_FOLDER, modules), ...within(MAPS_FOLDER, maps)],
  };
}

/** Says what the server finds in its environment, and when it runs by itself: the project may have it from several files. */
function logSurroundings({ bindings, crons }: ServerSpec, ctx: StepContext): void {
  const kinds = Object.entries(bindings).map(([name, kind]) => `${name} (${kind})`);
  if (kinds.length > 0) ctx.log(say`Bindings: ${kinds.join(', ')}.`);
  if (crons.length > 0)
    ctx.log(say`Crons, in UTC and for production only: ${listed(crons, SERVER_LIMITS.crons)}.`);
}

/** @throws {JobFailure} `artifact_invalid` if a link has taken the place of a folder, which could lead anywhere */
async function assertOwn(path: string, shown: string): Promise<void> {
  if ((await realpath(path).catch(() => path)) === path) return;
  throw new JobFailure('artifact_invalid', say`${quoted(shown)} is a link to a path outside the output.`, {
    hint: own('Copy the files into the output instead of linking to them.'),
  });
}

/** The files of a folder of the output; none if it isn't there. No link leads out of the output. */
async function filesOf(
  { folder, limits, maxBytes }: OutputFolder,
  top: string,
  name: string,
  { signal }: StepContext,
): Promise<PackedFile[]> {
  const path = join(top, name);
  if (!(await isFolder(path))) return [];
  const shown = folder === '' ? name : `${folder}/${name}`;
  return walkFolder(path, shown, { root: top, limits, maxBytes, signal, leaveOut: () => false });
}

const within = (folder: string, files: readonly PackedFile[]): PackedFile[] =>
  files.map((file) => ({ ...file, inside: folder + file.inside }));
