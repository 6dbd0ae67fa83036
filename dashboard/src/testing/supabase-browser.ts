/** Simulated browsers with a Supabase project: the dashboard's client, session and account. */
import { expect } from 'vitest';
import { Account } from '#lib/account/account.ts';
import { readAuthCallback } from '#lib/session/auth-callback.ts';
import { createAuthClient } from '#lib/session/auth-client.ts';
import type { CallbackResult } from '#lib/session/callback-result.ts';
import { Session } from '#lib/session/session.svelte.ts';
import { SESSION_KEY } from '#lib/session/storage-key.ts';
import { follow, linkTo } from '../../../stack/stand-ins/supabase/browser.ts';
import type { StandIn } from '../../../stack/stand-ins/supabase/start.ts';

export const PASSWORD = 'correct horse battery';
export const SITE = 'http://localhost:3000';

/** Settings without rate limits on emails. */
export const QUICK = { siteUrl: SITE, secondsBetweenMails: 0, mailsPerHour: 1000 };

let count = 0;

/** An unused email. */
export function anyone(): string {
  count += 1;
  return `person-${count}@example.com`;
}

export type Browser = ReturnType<typeof browser>;

/** A browser with its own session. `sent` records every request to the project. */
export function browser(project: StandIn) {
  const sent: string[] = [];
  const stored = new Map<string, string>();
  const storage = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  };
  const auth = createAuthClient(project.url, project.key, {
    storageKey: SESSION_KEY,
    autoRefreshToken: false,
    storage,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const headers = JSON.stringify(Object.fromEntries(request.headers));
      sent.push(`${request.method} ${request.url} ${headers} ${await request.clone().text()}`);
      return fetch(request);
    },
  });
  const session = new Session({
    connect: async () => ({ kind: 'supabase' as const, auth }),
    kind: () => 'supabase',
    storage,
  });
  return { auth, session, storage, account: new Account(session), sent };
}

/** Opens a URL that a link or GitHub redirected to. */
export async function followCallback(
  { session }: Pick<Browser, 'session'>,
  url: URL,
): Promise<CallbackResult> {
  const answer = readAuthCallback(url);
  if (answer === null) throw new Error(`${url} holds no answer`);
  return session.handleCallback(answer);
}

/** Opens the newest link that was sent to an email. */
export const open = async (
  own: Pick<Browser, 'session'>,
  project: StandIn,
  email: string,
): Promise<CallbackResult> => followCallback(own, await follow(await linkTo(project, email)));

/** A signed-in user with a confirmed email. */
export async function member(project: StandIn) {
  const email = anyone();
  const own = browser(project);
  const answer = await own.session.signUp(email, PASSWORD, { redirectTo: SITE, invitation: null });
  if (answer === 'confirm') expect(await open(own, project, email)).toEqual({ kind: 'signed_in' });
  expect(own.session.signedIn).toBe(true);
  return { ...own, email };
}
