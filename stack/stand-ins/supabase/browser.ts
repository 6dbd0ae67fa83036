/** A browser for tests: supabase-js with its own storage, and helpers that follow links. */
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { RunningProject } from './start.ts';

/** The site URL of test projects. No request is sent to it. */
export const SITE = 'http://localhost:3000';

/** A new browser, with the dashboard's client options. */
export function browserOf({ url, key }: Pick<RunningProject, 'url' | 'key'>): SupabaseClient['auth'] {
  const storage = new Map<string, string>();
  return createClient(url, key, {
    auth: {
      flowType: 'pkce',
      autoRefreshToken: false,
      detectSessionInUrl: false,
      storage: {
        getItem: (name) => storage.get(name) ?? null,
        setItem: (name, value) => void storage.set(name, value),
        removeItem: (name) => void storage.delete(name),
      },
    },
  }).auth;
}

/** The redirect target of a link. */
export async function follow(link: string | null | undefined): Promise<URL> {
  const response = await fetch(link ?? '', { redirect: 'manual' });
  const location = response.headers.get('Location');
  if (location === null)
    throw new Error(`${link} leads nowhere: ${response.status} ${await response.text()}`);
  return new URL(location);
}

/** The link in the newest email to an address. */
export async function linkTo(project: RunningProject, email: string): Promise<string> {
  const link = (await project.mailsTo(email)).at(-1)?.link;
  if (!link) throw new Error(`No mail with a link went to ${email}`);
  return link;
}

/** Authorizes as an account on GitHub's consent page and returns where the project redirects to. */
export async function authorize(consentPage: string, name: string): Promise<URL> {
  const page = await (await fetch(consentPage)).text();
  const link = new RegExp(`href="([^"]+)">Authorize as ${name}<`).exec(page)?.[1];
  if (link === undefined) throw new Error(`GitHub does not offer ${name}: ${page}`);
  return follow(link.replaceAll('&amp;', '&'));
}
