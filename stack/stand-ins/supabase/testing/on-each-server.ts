/** Runs tests on the stand-in, and on the real server if this machine has one. */
import { randomBytes } from 'node:crypto';
import type { SupabaseClient } from '@supabase/supabase-js';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { browserOf, follow, linkTo, SITE } from '../browser.ts';
import type { Settings } from '../project.ts';
import { realServer, startReal } from '../real.ts';
import { type RunningProject, startStandIn } from '../start.ts';

export const PASSWORD = 'correct horse battery';

/** Where users are redirected after they follow a link. */
export const BACK = `${SITE}/sign-in?from=email`;

const real = realServer();

const SERVERS: Record<
  string,
  typeof startStandIn | ((...asked: Parameters<typeof startStandIn>) => Promise<RunningProject>)
> = {
  'the stand-in': startStandIn,
  ...(real === null
    ? {}
    : { 'the real server': (...asked: Parameters<typeof startStandIn>) => startReal(real, ...asked) }),
};

/** Unique to this run: the real server's database persists. */
const run = randomBytes(4).readUInt32BE();

/** The n-th GitHub account of this run, from 1 to 5. */
export const account = (n: number) => ({ id: run * 10 + n, name: `hub${run}n${n}` });
const ACCOUNTS = [1, 2, 3, 4, 5].map(account);

/** Settings without rate limits on emails. */
const QUICK = { secondsBetweenMails: 0, mailsPerHour: 1000, siteUrl: SITE };

/** Declares tests that share one project per server. */
export function onEachServer(
  title: string,
  settings: Partial<Settings>,
  tests: (get: () => RunningProject) => void,
): void {
  describe.each(Object.entries(SERVERS))(`${title}, %s`, (_name, start) => {
    let project: RunningProject;
    beforeAll(async () => {
      project = await start({ ...QUICK, ...settings }, ACCOUNTS);
    });
    afterAll(() => project.stop());
    tests(() => project);
  });
}

let count = 0;

/** An email that nobody has used. */
export function anyone(): string {
  count += 1;
  return `person-${run}-${count}@example.com`;
}

/** A confirmed user in a signed-in browser. */
export async function member(
  project: RunningProject,
  email = anyone(),
): Promise<{ auth: SupabaseClient['auth']; email: string }> {
  const auth = browserOf(project);
  const signedUp = await auth.signUp({ email, password: PASSWORD, options: { emailRedirectTo: BACK } });
  expect(signedUp.error).toBeNull();
  if (signedUp.data.session === null) {
    const back = await follow(await linkTo(project, email));
    expect((await auth.exchangeCodeForSession(back.searchParams.get('code') ?? '')).error).toBeNull();
  }
  return { auth, email };
}

/** A new browser that signs in by password, and the result. */
export async function signIn(project: RunningProject, email: string, password = PASSWORD) {
  const auth = browserOf(project);
  return { auth, ...(await auth.signInWithPassword({ email, password })) };
}

/** The claims of an access token, unverified. */
export const claimsOf = (token: string | undefined) => decodeJwt(token ?? '');
