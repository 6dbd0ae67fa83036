/** First step of a job: fetches the source tree and makes it safe. */

import { join } from 'node:path';
import { MANIFEST_BYTES, MANIFEST_NAME, parseManifest } from '@appflux/detection';
import { type JobSource, listed, type Manifest, quoted, type SourceAccess } from '@appflux/protocol';
import { say } from '../../masking/sentence.ts';
import { readText } from '../../read-text.ts';
import type { PreparedSource, StepContext, Workspace } from '../../step-context.ts';
import { isFolder } from '../collect/walk.ts';
import { reachable } from './git/address.ts';
import { fetchGit } from './git/index.ts';
import { SOURCE_LIMITS, type SourceLimits } from './limits.ts';
import { resolveRoot, rootParts } from './root-directory.ts';
import { settleTree } from './settle.ts';
import { fetchUpload, type ScanUpload } from './zip/index.ts';

export interface PrepareOptions {
  /** Whether private and loopback addresses, and plain http, may be fetched from. */
  readonly allowPrivateSources: boolean;
  /** Looks at an uploaded file before it is unpacked; refuses it by throwing a JobFailure. */
  readonly scanUpload?: ScanUpload;
  readonly limits?: SourceLimits;
  /** Whether the message of the commit's tag is wanted. */
  readonly wantsTag?: boolean;
  /** What the grant says of a repository beyond its URL and token. */
  readonly access?: SourceAccess | undefined;
  /** The app's own commands, which may need the repository's history. */
  readonly commands?: readonly string[];
}

/**
 * Fetches a source into `workspace.source` and finds its root directory. Afterwards the tree belongs to the
 * builder's user (or, where this process may give nothing away, is open to it), and no link in it leads out.
 * @throws {JobFailure} `source_unavailable`, `source_invalid`, `settings_invalid` or `disk_full`; what
 * `scanUpload` throws; the reason of `ctx.signal` if it aborts.
 */
export async function prepareSource(
  source: JobSource,
  workspace: Workspace,
  options: PrepareOptions,
  ctx: StepContext,
): Promise<PreparedSource> {
  const limits = options.limits ?? SOURCE_LIMITS;
  const giveAway = process.getuid?.() === 0;
  if (source.kind === 'upload') {
    const { scanUpload } = options;
    await fetchUpload(
      source,
      workspace,
      { limits, ...(scanUpload === undefined ? {} : { scanUpload }) },
      ctx,
    );
    const settled = { outwardLinks: 'refuse', giveAway, signal: ctx.signal } as const;
    for (const line of (await settleTree(workspace.source, settled)).warnings) ctx.log(line);
    const root = await findRoot(source.rootDirectory, workspace, ctx);
    const hasRepository = await isFolder(join(workspace.source, '.git'));
    return { commitHash: null, commitMessage: null, branch: null, root, hasRepository };
  }
  const head = await fetchGit(
    source,
    workspace,
    {
      ...reachable(options.allowPrivateSources),
      limits,
      wantsTag: options.wantsTag === true,
      commands: options.commands ?? [],
      ...(options.access === undefined ? {} : { access: options.access }),
      wantsSubmodules: async () => (await topManifest(workspace))?.submodules === true,
    },
    ctx,
  );
  // Such links can be legitimate, so they don't fail the job. A build that needs one fails by itself.
  const { removed, warnings } = await settleTree(workspace.source, {
    outwardLinks: 'remove',
    giveAway,
    signal: ctx.signal,
  });
  if (removed.length > 0) ctx.log(say`Removed links to paths outside the repository: ${listed(removed)}.`);
  for (const line of warnings) ctx.log(line);
  // Not before: until then a link could lead out of the source.
  await warnOfLfs(workspace, head.tree.attributes, ctx);
  const root = await findRoot(source.rootDirectory, workspace, ctx);
  return {
    commitHash: head.id,
    commitMessage: head.message,
    branch: source.branch,
    root,
    tagMessage: head.tagMessage,
    isShallow: head.isShallow,
  };
}

/**
 * The app's root directory, or the one that appflux.json at the top names while the app's is the top itself.
 */
async function findRoot(rootDirectory: string, workspace: Workspace, ctx: StepContext): Promise<string> {
  if (rootParts(rootDirectory).length > 0) return resolveRoot(workspace.source, rootDirectory);
  const named = (await topManifest(workspace))?.rootDirectory;
  if (named === undefined) return resolveRoot(workspace.source, './');
  ctx.log(say`${MANIFEST_NAME} sets the root directory to ${named}.`);
  return resolveRoot(workspace.source, named);
}

/** The appflux.json at the top of the source; null if there is none. */
async function topManifest(workspace: Workspace): Promise<Manifest | null> {
  const text = await readText(join(workspace.source, MANIFEST_NAME), {
    maxBytes: MANIFEST_BYTES,
    name: MANIFEST_NAME,
  });
  return text === null ? null : parseManifest(text);
}

const ATTRIBUTES_BYTES = 256 * 1024;

/** Says that pointers were left, if any of these `.gitattributes` gives files to Git LFS. */
async function warnOfLfs(
  workspace: Workspace,
  attributes: readonly string[],
  ctx: StepContext,
): Promise<void> {
  for (const path of attributes) {
    const text = await readText(join(workspace.source, path), {
      maxBytes: ATTRIBUTES_BYTES,
      name: path,
      headOnly: true,
    });
    if (text === null || !/\bfilter=lfs\b/.test(text)) continue;
    ctx.log(
      'Git LFS is not supported: the build sees only pointers of its files. ' +
        `${quoted(path)} lists them; commit those that the build needs without LFS.`,
    );
    return;
  }
}
