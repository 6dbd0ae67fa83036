/** Repositories and branches that a team's installations cover, for choosing one. */
import type { GithubBranch, GithubRepository, Page } from '@appflux/protocol';
import { z } from 'zod';
import type { Env } from '../../env.ts';
import type { InstallationRecord } from '../../metadata/github.ts';
import type { Metadata } from '../../metadata/metadata.ts';
import { notFromHere } from '../../metadata/paging.ts';
import { githubAddress } from './address.ts';
import { callGithub, path, understood } from './call.ts';
import { listingToken, requireToken } from './tokens.ts';

/** What a page of GitHub's lists has at most. */
const PER_PAGE = 100;

/** How many pages one call reads, whatever it finds. */
const MOST_PAGES = 10;

const Repositories = z.object({
  repositories: z.array(
    z.object({
      id: z.int(),
      full_name: z.string(),
      clone_url: z.string(),
      private: z.boolean(),
      default_branch: z.string(),
      archived: z.boolean().default(false),
      pushed_at: z.string().nullish(),
    }),
  ),
});
const Branches = z.array(z.object({ name: z.string(), protected: z.boolean().default(false) }));

/** Where a list goes on: the installation, the page of its list, and how much of that page was given. */
interface Place {
  installation: string;
  page: number;
  taken: number;
}

/** A place as a cursor, and back; null for no cursor. Throws AppFluxError `bad_request` for a cursor that no list gave. */
export const cursorOf = ({ installation, page, taken }: Place): string =>
  Buffer.from(JSON.stringify([installation, page, taken])).toString('base64url');

const Cursor = z.tuple([z.string(), z.int().min(1).max(10_000), z.int().min(0).max(PER_PAGE)]);

export function placeOf(cursor: string | undefined): Place | null {
  if (cursor === undefined) return null;
  let decoded: unknown;
  try {
    decoded = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    // No JSON, and so no cursor of ours.
    throw notFromHere();
  }
  const parsed = Cursor.safeParse(decoded).data;
  if (parsed === undefined) throw notFromHere();
  return { installation: parsed[0], page: parsed[1], taken: parsed[2] };
}

/** What a list is narrowed to. */
export interface Wanted {
  search: string;
  limit: number;
  cursor?: string | undefined;
}

/**
 * Goes through pages of one list until there is enough. `read` gives a page. A page of the result may have fewer items
 * than asked for, or none, before the list ends.
 */
async function walk<Item>(
  read: (page: number) => Promise<readonly Item[]>,
  matches: (item: Item) => boolean,
  from: Place,
  limit: number,
  budget: { pages: number },
): Promise<{ items: Item[]; next: Place | null }> {
  const items: Item[] = [];
  let { page, taken } = from;
  for (;;) {
    if (budget.pages === 0) return { items, next: { ...from, page, taken } };
    budget.pages -= 1;
    const all = await read(page);
    for (const [index, item] of all.entries()) {
      if (index < taken || !matches(item)) continue;
      if (items.length === limit) return { items, next: { ...from, page, taken: index } };
      items.push(item);
    }
    if (all.length < PER_PAGE) return { items, next: null };
    page += 1;
    taken = 0;
  }
}

/** The repositories of a team's installations whose name holds `search`, whatever its case. Throws HostRefusal. */
export async function listRepositories(
  env: Env,
  metadata: Metadata,
  ownerId: string,
  { search, limit, cursor }: Wanted,
): Promise<Page<GithubRepository>> {
  const { api } = githubAddress(env);
  const installations = (await metadata.github.installations(ownerId)).filter(
    ({ suspendedAt }) => suspendedAt === null,
  );
  const start = placeOf(cursor);
  const first = Math.max(
    0,
    start === null ? 0 : installations.findIndex(({ id }) => id === start.installation),
  );
  const needle = search.toLowerCase();
  const budget = { pages: MOST_PAGES };
  const items: GithubRepository[] = [];
  for (const [index, installation] of installations.slice(first).entries()) {
    const token = await listingToken(env, metadata, installation);
    if (token === null) continue;
    const read = async (page: number) => {
      const { body } = await callGithub(api, {
        method: 'GET',
        path: path`/installation/repositories?per_page=${PER_PAGE}&page=${page}`,
        authorization: `Bearer ${token}`,
      });
      return understood(Repositories, body).repositories.map((one) => toRepository(installation, one));
    };
    const begin = { installation: installation.id, page: 1, taken: 0 };
    const from = index === 0 && start?.installation === installation.id ? start : begin;
    const matches = ({ fullName }: GithubRepository) => fullName.toLowerCase().includes(needle);
    const { items: found, next } = await walk(read, matches, from, limit - items.length, budget);
    items.push(...found);
    if (next !== null) return { items, nextCursor: cursorOf(next) };
  }
  return { items, nextCursor: null };
}

const toRepository = (
  { id }: InstallationRecord,
  one: z.infer<typeof Repositories>['repositories'][number],
): GithubRepository => ({
  id: String(one.id),
  fullName: one.full_name,
  url: one.clone_url,
  private: one.private,
  archived: one.archived,
  defaultBranch: one.default_branch,
  pushedAt: one.pushed_at == null ? null : new Date(one.pushed_at).toISOString(),
  installationId: id.split(':').at(-1) ?? id,
});

/**
 * The branches of a repository whose name holds `search`. Null when no installation of the team covers the repository.
 * Throws HostRefusal.
 */
export async function listBranches(
  env: Env,
  ownerId: string,
  repository: { owner: string; name: string },
  { search, limit, cursor }: Wanted,
): Promise<Page<GithubBranch> | null> {
  const { api, host } = githubAddress(env);
  const repoKey = `${host}/${repository.owner}/${repository.name}`.toLowerCase();
  const token = await requireToken(env, ownerId, repoKey, 'read');
  if (token === null) return null;
  const read = async (page: number) => {
    const { body } = await callGithub(api, {
      method: 'GET',
      path: path`/repos/${repository.owner}/${repository.name}/branches?per_page=${PER_PAGE}&page=${page}`,
      authorization: `Bearer ${token}`,
    });
    return understood(Branches, body).map((one) => ({ name: one.name, protected: one.protected }));
  };
  const needle = search.toLowerCase();
  const from = placeOf(cursor) ?? { installation: '', page: 1, taken: 0 };
  const matches = ({ name }: GithubBranch) => name.toLowerCase().includes(needle);
  const { items, next } = await walk(read, matches, from, limit, { pages: MOST_PAGES });
  return { items, nextCursor: next === null ? null : cursorOf(next) };
}
