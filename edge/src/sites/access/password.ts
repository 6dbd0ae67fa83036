/** `/.appflux/password`: the form for sites that a password protects. */
import type { Env } from '../../env.ts';
import { AuthRefusal } from '../../identity/auth-refusal.ts';
import { clientAddressOf } from '../../identity/client-address.ts';
import { hashingOf, isHashed } from '../../identity/hashes.ts';
import { withTurn } from '../../identity/hashing.ts';
import { sha256Hex } from '../../secrets/tokens.ts';
import { type Throttle, throttleOf } from '../../throttle/index.ts';
import type { Rule } from '../../throttle/rule.ts';
import { redirect } from './answers.ts';
import { accessCookie } from './cookies.ts';
import { accessOf } from './decide.ts';
import { passwordPage } from './view.ts';
import { ownPath, type Visit } from './visit.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Passwords for an App from one address. */
const BY_ADDRESS: Rule = { free: 10, firstWaitMs: 30 * SECOND, longestWaitMs: 15 * MINUTE };

/** The same by all addresses together. The wait stays short: visitors who know the password wait, too. */
const BY_ALL: Rule = { free: 50, firstWaitMs: SECOND, longestWaitMs: MINUTE };

/** The form holds a password of 200 characters at most, each of which has nine bytes when it is encoded. */
const MAX_FORM_BYTES = 4096;

/** What stands for a password in cookies: another one after each change. Null if there is no password. */
export const passwordMark = async (passwordHash: string | null): Promise<string | null> =>
  passwordHash === null ? null : (await sha256Hex(new TextEncoder().encode(passwordHash))).slice(0, 32);

/** Answers the form, and what is entered in it. */
export async function passwordForm(visit: Visit): Promise<Response> {
  const { request, guarded } = visit;
  if (accessOf(guarded) !== 'password') return goOn(visit);
  if (request.method === 'GET' || request.method === 'HEAD') return form(visit, null, 200);
  if (request.method !== 'POST')
    return new Response(null, { status: 405, headers: { Allow: 'GET, HEAD, POST' } });
  if (!isOwnForm(request)) return form(visit, 'Send the form again.', 403);
  const password = await passwordOf(request);
  if (password === null) return form(visit, 'Enter the password.', 400);
  return tryPassword(visit, password);
}

async function tryPassword(visit: Visit, password: string): Promise<Response> {
  const { request, env, guarded, host } = visit;
  const address = clientAddressOf(request, env);
  const throttle = await throttleFor(env, guarded.app.id, address);
  const wait = await throttle.count();
  if (wait > 0) return tooMany(visit, Math.ceil(wait / 1000));
  const hash = guarded.app.passwordHash;
  try {
    const isRight = await withTurn({ known: null, address }, (inTurn) =>
      inTurn(() => isHashed(hashingOf(env), password, hash)),
    );
    if (!isRight) return form(visit, 'Wrong password.', 401);
  } catch (error) {
    // Too many passwords are checked at the same time.
    if (!(error instanceof AuthRefusal)) throw error;
    return tooMany(visit, error.retryAfterSeconds ?? 1);
  }
  await throttle.wasRight();
  const subject = (await passwordMark(hash)) ?? '';
  const facts = { host, app: guarded.app.id, kind: 'password', subject } as const;
  return goOn(visit, await accessCookie(env, facts, Date.now()));
}

const throttleFor = (env: Env, appId: string, address: string | null): Promise<Throttle> =>
  throttleOf(env, appId, [
    { what: 'site password by address', whom: [appId, address ?? ''], rule: BY_ADDRESS },
    { what: 'site password', whom: [appId], rule: BY_ALL },
  ]);

const form = (visit: Visit, problem: string | null, status: number, headers: HeadersInit = {}) =>
  passwordPage(
    { action: ownPath(visit, 'password'), teamUrl: ownPath(visit, 'access'), problem },
    status,
    headers,
  );

const tooMany = (visit: Visit, seconds: number): Promise<Response> =>
  form(visit, `Too many attempts. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`, 429, {
    'Retry-After': String(seconds),
  });

/** Back to what the visitor asked for. */
function goOn({ to }: Visit, cookie?: string): Response {
  return redirect(303, to, cookie ?? null);
}

/** Whether a form was sent from its own host: older browsers don't say where from. */
function isOwnForm(request: Request): boolean {
  const site = request.headers.get('Sec-Fetch-Site');
  return site === null || site === 'same-origin' || site === 'none';
}

async function passwordOf(request: Request): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_FORM_BYTES) return null;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString()).get('password');
}
