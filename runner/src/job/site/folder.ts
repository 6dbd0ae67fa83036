/** Lists what of an output folder is published as a site. */
import { join } from 'node:path';
import {
  BASE_PATH_BYTES,
  basePathOf,
  basePathRule,
  compileSiteRules,
  defaultSpaFallback,
} from '@appflux/detection';
import { listed, MAX_SITE_REDIRECTS, quoted, type SiteRules, type SiteSettings } from '@appflux/protocol';
import { joined, own, say, type Text } from '../../masking/sentence.ts';
import type { StepContext } from '../../step-context.ts';
import type { OutputFolder } from '../collect/index.ts';
import { readFound } from '../collect/safe-file.ts';
import { isFolder, type PackedFile, walkFolder } from '../collect/walk.ts';
import { isRuleFile, type LeftOut, leftOutBecause } from './leave-out.ts';
import { checked, ruleSources } from './rules.ts';

/** The files and rules of a site. */
export interface SiteFolder {
  readonly files: readonly PackedFile[];
  readonly rules: SiteRules;
}

/** What of a project decides how its output is published. */
export interface SiteProject {
  /** `site` of its `appflux.json`. */
  readonly settings: SiteSettings;
  /** The plan's. */
  readonly framework: string | null;
}

/**
 * The files of a folder that are published, and its rules; null if the folder has no `index.html` at its top. The log lists what is
 * left out.
 * @throws {JobFailure} `artifact_invalid`; the reason of `ctx.signal` if it aborts
 */
export async function siteFolder(
  output: OutputFolder,
  project: SiteProject,
  ctx: StepContext,
): Promise<SiteFolder | null> {
  const listed = await listFolder(output, project, ctx);
  if (!listed.all.some(({ inside }) => inside === 'index.html')) return null;
  for (const line of listed.leftOut) ctx.log(line);
  const { files, paths, compiled } = await publishable(output, listed.all, project, null, ctx);
  return { files, rules: await withBasePath(compiled, { files, paths }, ctx) };
}

/**
 * The files beside a server that are published, and its rules. There may be none: then `folder` is not there.
 * @throws as `siteFolder`
 */
export async function assetsFolder(
  output: OutputFolder,
  project: SiteProject,
  ctx: StepContext,
): Promise<SiteFolder> {
  const listed = (await isFolder(join(output.root, output.folder)))
    ? await listFolder(output, project, ctx)
    : { all: [], leftOut: [] };
  for (const line of listed.leftOut) ctx.log(line);
  // A path without a file is the server's to answer.
  const { files, compiled } = await publishable(output, listed.all, project, false, ctx);
  return { files, rules: compiled };
}

/** All files of a folder but those that are never published, and a line for the log about these. */
async function listFolder(
  { root, folder, isSource, limits, maxBytes }: OutputFolder,
  { settings }: SiteProject,
  ctx: StepContext,
): Promise<{ all: readonly PackedFile[]; leftOut: readonly Text[] }> {
  const shown = folder === '' ? '.' : folder;
  const leftOut = new Map<LeftOut, string[]>();
  const note = (why: LeftOut, inside: string) => {
    const paths = leftOut.get(why) ?? [];
    leftOut.set(why, paths);
    paths.push(inside);
  };
  const all = await walkFolder(join(root, folder), shown, {
    root,
    limits,
    maxBytes,
    signal: ctx.signal,
    leaveOut: (inside) => {
      const why = leftOutBecause(inside, settings, isSource);
      if (why === null) return false;
      note(why, inside);
      return true;
    },
    onBroken: (inside) => note('links that lead nowhere', inside),
  });
  return { all, leftOut: describeLeftOut(shown, leftOut) };
}

/** @param fallback whether paths without a file get `index.html`; null leaves it to the files */
async function publishable(
  { root }: OutputFolder,
  all: readonly PackedFile[],
  { settings, framework }: SiteProject,
  fallback: boolean | null,
  ctx: StepContext,
): Promise<{ files: PackedFile[]; paths: ReadonlySet<string>; compiled: SiteRules }> {
  const files = all.filter(({ inside }) => !isRuleFile(inside));
  const sources = await ruleSources(root, all, ctx.signal);
  const paths = new Set(files.map(({ inside }) => inside));
  const spaFallback = fallback ?? defaultSpaFallback({ framework, paths });
  const compiled = checked(compileSiteRules({ files: sources, paths, spaFallback, settings }), sources, ctx);
  return { files, paths, compiled };
}

/** Lets a site that was built for a folder of its host find its files there, and says so in the log. */
async function withBasePath(
  rules: SiteRules,
  { files, paths }: { files: readonly PackedFile[]; paths: ReadonlySet<string> },
  ctx: StepContext,
): Promise<SiteRules> {
  const index = files.find(({ inside }) => inside === 'index.html');
  if (index === undefined || rules.redirects.length >= MAX_SITE_REDIRECTS) return rules;
  const base = basePathOf(await beginningOf(index, BASE_PATH_BYTES, ctx.signal), paths);
  if (base === null) return rules;
  ctx.log(
    say`${quoted(index.path.replace(/^\.\//, ''))} asks for its files below ${quoted(`${base}/`)}, so the site answers there, too. To have it only at the top of its host, build it without this base path.`,
  );
  return { ...rules, redirects: [...rules.redirects, basePathRule(base)] };
}

/** The first bytes of a file, as text. */
async function beginningOf(file: PackedFile, bytes: number, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of readFound(file, signal)) {
    parts.push(part);
    length += part.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(parts).toString('utf8', 0, Math.min(bytes, length));
}

/** What a person can do about something that was left out. */
const ADVICE: Partial<Record<LeftOut, Text>> = {
  'hidden files': own(' To publish them, set site.dotfiles to true in appflux.json.'),
  'source maps': own(' To publish them, set site.sourceMaps to true in appflux.json.'),
  'server code': own(' A site of files runs no server.'),
};

/** A line for each reason. */
function describeLeftOut(shown: string, leftOut: ReadonlyMap<LeftOut, readonly string[]>): Text[] {
  return [...leftOut].map(([why, paths]) =>
    joined([say`Left out of ${quoted(shown)}: ${own(why)} (${listed(paths, 3)}).`, ADVICE[why] ?? ''], ''),
  );
}
