/** Simulated browsers with a Supabase project: unmodified supabase-js with the dashboard's session and account. */
import { createClient } from '@supabase/supabase-js';
import { expect } from 'vitest';
import { Account } from '#lib/account/account.ts';
import { readAuthCallback } from '#lib/session/auth-callback.ts';
import { type CallbackResult, Session } from '#lib/session/session.svelte.ts';
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
  const storage = new Map<string, string>();
  const { auth } = createClient(project.url, project.key, {
    auth: {
      flowType: 'pkce',
      autoRefreshToken: false,
      detectSessionInUrl: false,
      storage: {
        getItem: (key) => storage.get(key) ?? null,
        setItem: (key, value) => void storage.set(key, value),
        removeItem: (key) => void storage.delete(key),
      },
    },
    global: {
      fetch: async (input, init) => {
        const request = new Request(input, init);
        const headers = JSON.stringify(Object.fromEntries(request.headers));
        sent.push(`${request.method} ${request.url} ${headers} ${await request.clone().text()}`);
        return fetch(request);
      },
    },
  });
  const session = new Session({ kind: 'supabase', auth });
  return { auth, session, account: new Account(session), sent };
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
