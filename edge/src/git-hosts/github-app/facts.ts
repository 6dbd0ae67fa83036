/** Installations as GitHub describes them. */
import { z } from 'zod';
import type { InstallationFacts } from '../../metadata/github.ts';

/** Source: https://docs.github.com/en/rest/apps/apps#get-an-installation-for-the-authenticated-app */
export const Installation = z.object({
  id: z.int().positive(),
  app_id: z.int().optional(),
  account: z.object({
    id: z.int(),
    // An enterprise has a slug and no login.
    login: z.string().optional(),
    slug: z.string().optional(),
    type: z.string().optional(),
  }),
  repository_selection: z.enum(['all', 'selected']),
  html_url: z.string(),
  suspended_at: z.string().nullish(),
  created_at: z.string().optional(),
});
export type Installation = z.infer<typeof Installation>;

/** The key of an installation of a GitHub. */
export const installationKey = (host: string, id: string | number): string => `${host}:${id}`;

/** What is kept of an installation at `host`; `now` is when it was seen (Unix milliseconds). */
export const factsOf = (host: string, one: Installation, now: number): InstallationFacts => ({
  id: installationKey(host, one.id),
  host,
  accountId: String(one.account.id),
  account: one.account.login ?? one.account.slug ?? '',
  accountType: one.account.type === 'User' ? 'User' : 'Organization',
  selection: one.repository_selection,
  htmlUrl: one.html_url,
  suspendedAt: isoOrNull(one.suspended_at),
  createdAt: isoOrNull(one.created_at) ?? new Date(now).toISOString(),
});

function isoOrNull(time: string | null | undefined): string | null {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
