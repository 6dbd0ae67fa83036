/** Looks at what a person wants delivered: a folder or a file, and the project that it lies in. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import {
  type Decision,
  DetectionFailure,
  MANIFEST_BYTES,
  MANIFEST_NAME,
  parseManifest,
} from '@appflux/detection';
import { type AppType, type BuildSettings, quoted } from '@appflux/protocol';
import { detectPlan } from '../job/detect.ts';
import type { ServerWishes } from '../job/server/spec.ts';
import { own, say } from '../masking/sentence.ts';
import { readText } from '../read-text.ts';
import { JobFailure, type StepContext } from '../step-context.ts';
import { type ChosenOutput, chooseOutput, isPlainPath, type NamedOutput } from './choose-output.ts';

/** Where a person has named an output. */
export interface OutputPlace {
  /** The folder or file. */
  readonly path: string;
  /** The folder that the program was called in: an output inside of it belongs to the project there. */
  readonly workingFolder: string;
}

export interface FoundOutput extends ChosenOutput {
  /** The folder that outputs are relative to: an absolute path without links. */
  readonly root: string;
  /** What a server in it is given. */
  readonly server: ServerWishes;
}

/** What the app is configured to be. */
export interface AppSettings {
  readonly type: AppType | null;
  readonly build: BuildSettings;
}

/**
 * Finds what is delivered.
 * @throws {JobFailure} `no_artifact` if there is nothing; `settings_invalid` or `source_invalid` for files of the project that
 * can't be read; `artifact_invalid` for a link out of the output; the reason of `ctx.signal` if it aborts
 */
export async function findOutput(
  place: OutputPlace,
  app: AppSettings,
  ctx: StepContext,
): Promise<FoundOutput> {
  const path = await realpath(place.path).catch((cause: unknown) => {
    throw new JobFailure('no_artifact', say`There is no ${quoted(basename(place.path))}`, { cause });
  });
  const isFolder = (await stat(path)).isDirectory();
  const root = await rootOf(path, isFolder, await realpath(place.workingFolder));
  const named: NamedOutput = {
    path: relative(root, path).split(sep).join('/'),
    kind: isFolder ? 'folder' : 'file',
    names: isFolder ? await readdir(path) : [basename(path)],
  };
  if (isFolder && root !== path) await requireOwnFiles(path);
  const decision = await decisionOf(root, app, ctx);
  const server = decision?.server ?? (await wishesOf(root));
  return { root, server, ...chooseOutput(named, decision, app.type) };
}

/**
 * Refuses links that lead out of an output. The project around it has what nobody wants published, such as the
 * credentials in its .git, and the output may come from a job that is trusted less. A link to nowhere publishes nothing.
 */
async function requireOwnFiles(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const link = join(entry.parentPath, entry.name);
    // It leads nowhere, or in a circle, or to what this user can't read: nothing of it can be published.
    const real = await realpath(link).catch(() => null);
    if (real === null || real === folder || real.startsWith(folder + sep)) continue;
    throw new JobFailure(
      'artifact_invalid',
      say`${quoted(relative(folder, link))} is a link to a path outside the output.`,
      { hint: own('Copy the file into the output instead of linking to it.') },
    );
  }
}

/**
 * The folder of the project: the nearest one from the output up to the working folder that has an appflux.json, else the
 * working folder. An output outside of it, or whose path is a pattern, stands for itself.
 */
async function rootOf(path: string, isFolder: boolean, workingFolder: string): Promise<string> {
  const own = isFolder ? path : dirname(path);
  if (own !== workingFolder && !own.startsWith(workingFolder.replace(/[/\\]*$/, sep))) return own;
  let root = workingFolder;
  for (let folder = own; folder !== workingFolder; folder = dirname(folder)) {
    if (!(await readdir(folder)).includes(MANIFEST_NAME)) continue;
    root = folder;
    break;
  }
  return isPlainPath(relative(root, own).split(sep).join('/')) ? root : own;
}

/** How the project would be built, which says what its output is; null for a folder that is no project. */
async function decisionOf(
  root: string,
  { type, build }: AppSettings,
  ctx: StepContext,
): Promise<Decision | null> {
  try {
    return await detectPlan(root, { type, build }, { ...ctx, log: () => undefined });
  } catch (error) {
    // A folder of files is no project, and more than one project in a folder doesn't matter: nothing is built.
    const code = error instanceof DetectionFailure ? error.code : null;
    if (code === 'nothing_to_build' || code === 'ambiguous') return null;
    throw error;
  }
}

/** What the `appflux.json` of a folder says about a server, where nothing else says that it is a project. */
async function wishesOf(root: string): Promise<ServerWishes> {
  const text = await readText(join(root, MANIFEST_NAME), { maxBytes: MANIFEST_BYTES, name: MANIFEST_NAME });
  return text === null ? {} : parseManifest(text);
}
