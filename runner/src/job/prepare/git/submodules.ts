/** Fetches submodules, where a source asks for it: by the rules of the repository itself, and from its host only. */

import { readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { printable, quoted } from '@appflux/protocol';
import { own, say, type Text } from '../../../masking/sentence.ts';
import { JobFailure, type StepContext } from '../../../step-context.ts';
import { shownUrl } from './address.ts';
import { checkout, type Git, type HeadCommit } from './checkout.ts';
import { gitFailure, readTrouble } from './errors.ts';
import { packBytes } from './fetch-watch.ts';
import type { GitSource } from './index.ts';
import { Remote, type RemoteOptions } from './remote.ts';
import { type ModuleUrls, readModules, submoduleUrl } from './submodule-url.ts';
import type { Gitlink, TreeSize } from './tree-limits.ts';

/** Submodules of a source, those within others among them. */
const MOST = 50;
/** Submodules within submodules. */
const DEEPEST = 4;
const MODULES_BYTES = 1024 ** 2;

/** A repository that was checked out, and may name submodules. */
export interface CheckedOut {
  readonly source: GitSource;
  /** Absolute path of its work tree. */
  readonly tree: string;
  /** How messages call it: its path in the whole source, empty for the source itself. */
  readonly path: string;
  readonly head: HeadCommit;
  readonly git: Git;
}

export interface SubmoduleOptions {
  readonly remote: RemoteOptions;
  readonly scratch: string;
}

/**
 * Fetches the submodules of a source, and theirs, each as one commit without history and, in the end, without a
 * repository of its own. All of them together with the source stay within its limits.
 * @returns how many there were.
 * @throws {JobFailure} `source_invalid` for one on another host or beyond a limit, `source_unavailable` for one that
 * the host does not give; the reason of `ctx.signal` if it aborts.
 */
export async function fetchSubmodules(
  top: CheckedOut,
  options: SubmoduleOptions,
  ctx: StepContext,
): Promise<number> {
  const { limits } = options.remote;
  const until = performance.now() + limits.fetchMs;
  let size: TreeSize = top.head.tree;
  let fetchBytes = limits.fetchBytes - (await packBytes(join(top.tree, '.git')));
  let count = 0;

  const below = async (parent: CheckedOut, depth: number): Promise<void> => {
    if (parent.head.tree.submodules.length === 0) return;
    if (depth > DEEPEST) throw invalid(say`Submodules are nested more than ${DEEPEST} levels deep.`);
    const urls = await modulesOf(parent);
    for (const link of parent.head.tree.submodules) {
      count += 1;
      if (count > MOST) throw invalid(say`The repository has more than ${MOST} submodules.`);
      await one(parent, link, urls, depth);
    }
  };

  const one = async (parent: CheckedOut, link: Gitlink, urls: ModuleUrls, depth: number): Promise<void> => {
    const path = parent.path === '' ? link.path : `${parent.path}/${link.path}`;
    const url = allowedUrl(urls.get(link.path), parent, path);
    const tree = await emptyFolder(parent.tree, link.path, path);
    const source = {
      ...parent.source,
      token: tokenFor(parent, options),
      repoUrl: url.href,
      commit: link.commit,
    };
    const fetchMs = Math.max(1, until - performance.now());
    const remoteOptions = {
      ...withoutSsh(options.remote),
      limits: { ...limits, fetchBytes, fetchMs },
      submodule: path,
    };
    ctx.log(
      say`Fetching the submodule ${quoted(path)}: ${shownUrl(url)}, commit ${link.commit.slice(0, 12)}.`,
    );
    const remote = new Remote(source, { source: tree, scratch: options.scratch }, remoteOptions, ctx);
    try {
      await remote.open(link.commit.length === 64 ? 'sha256' : 'sha1');
      const trouble = await remote.fetch(1, link.commit);
      if (trouble !== null) throw gitFailure(trouble.kind, remote.subject, trouble.stderr);
      const git: Git = (args, onOutput) => remote.git(args, onOutput === undefined ? {} : { onOutput });
      const head = await checkout(link.commit, null, limits, git, size);
      if ('trouble' in head) throw gitFailure(head.trouble, remote.subject, head.stderr);
      size = head.tree;
      fetchBytes -= await packBytes(join(tree, '.git'));
      await below({ source, tree, path, head, git }, depth + 1);
    } finally {
      await remote.close();
      await rm(join(tree, '.git'), { recursive: true, force: true });
    }
  };

  await below(top, 1);
  return count;
}

/** A token that reads other repositories as well must not read those that someone outside of the team names. */
const tokenFor = ({ source }: CheckedOut, { remote }: SubmoduleOptions): string | null =>
  remote.access?.ownRepositoryOnly === true ? null : source.token;

/** The URL that a key is for is the repository's own: its submodules are fetched by https. */
function withoutSsh({ access, ...options }: RemoteOptions): RemoteOptions {
  if (access === undefined) return options;
  const { ssh: _, ...others } = access;
  return { ...options, access: others };
}

const invalid = (message: Text, hint?: Text) =>
  new JobFailure('source_invalid', message, hint === undefined ? {} : { hint });

/** What the commit's `.gitmodules` says, read by Git itself, which follows no `include` in it. */
async function modulesOf({ head, git, path }: CheckedOut): Promise<ModuleUrls> {
  const blob = `${head.id}:.gitmodules`;
  const where = path === '' ? 'The repository' : `The submodule ${quoted(path)}`;
  const size = await git(['cat-file', '-s', blob]);
  if (size.code !== 0) throw invalid(say`${where} has submodules, but no .gitmodules file.`);
  if (Number(size.stdout) > MODULES_BYTES)
    throw invalid(say`${where} has a .gitmodules file that is too large.`);
  const chunks: Buffer[] = [];
  const listing = await git(
    ['config', '--no-includes', '--blob', blob, '--null', '--get-regexp', '^submodule\\..*\\.(path|url)$'],
    (chunk) => {
      chunks.push(chunk);
      return true;
    },
  );
  // 1 is what Git says when nothing matches.
  if (listing.code > 1) {
    throw invalid(say`${where} has an invalid .gitmodules file (${readTrouble(listing.stderr)}).`);
  }
  return readModules(Buffer.concat(chunks).toString('utf8'));
}

function allowedUrl(text: string | undefined, { source }: CheckedOut, path: string): URL {
  const parent = new URL(source.repoUrl);
  const url = text === undefined ? null : submoduleUrl(text, parent);
  if (url !== null) return url;
  throw invalid(
    text === undefined
      ? `The submodule ${quoted(path)} has no URL in .gitmodules.`
      : `The submodule ${quoted(path)} is at ${printable(text, 200)}. Submodules are fetched only from ${parent.origin}.`,
    own(
      'Move the submodule to the host of the repository, or remove "submodules" from appflux.json to leave its folder empty.',
    ),
  );
}

/** The folder that Git made in the place of a submodule: a real one, in the tree, and empty. */
async function emptyFolder(tree: string, path: string, shown: string): Promise<string> {
  const top = await realpath(tree);
  const wanted = join(top, path);
  // Whatever keeps it from being looked into is something else than an empty folder: the source is refused below.
  const real = await realpath(wanted).catch(() => null);
  const names = real === wanted ? await readdir(real).catch(() => null) : null;
  if (names?.length === 0) return wanted;
  throw invalid(say`The folder of the submodule ${quoted(shown)} already exists.`);
}
