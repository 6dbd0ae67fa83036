/** Emailed links. Source: internal/api/verify.go */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { codeOf, redirectOf } from './flows.ts';
import { isGood } from './mail.ts';
import type { Person, Project } from './project.ts';
import { Refusal, refusedRedirect } from './refusal.ts';
import { beginSession, noteProviders } from './sessions.ts';
import { bodyOf, confirm, emailIdentity } from './sign-in.ts';

const Type = z.enum(['signup', 'invite', 'magiclink', 'recovery', 'email_change', 'email']);
type Type = z.infer<typeof Type>;

const Verify = z.object({ type: Type, token_hash: z.string().min(1) });

/** The response to the first of two links that change an email. */
const ONE_OF_TWO = 'Confirmation link accepted. Please proceed to confirm link sent to the other email';

/** The authentication method of the flow that a link continues. */
const METHODS: Readonly<Record<Exclude<Type, 'email'>, string>> = {
  signup: 'email/signup',
  invite: 'invite',
  magiclink: 'magiclink',
  recovery: 'recovery',
  email_change: 'email_change',
};

export function verifyRoutes(project: Project): Hono {
  const app = new Hono();

  app.get('/verify', async (c) => {
    const token = c.req.query('token') ?? '';
    const type = Type.safeParse(c.req.query('type')).data;
    if (token === '' || type === undefined) {
      throw new Refusal(400, 'validation_failed', 'Verify requires a verification type');
    }
    const redirectTo = redirectOf(project, c.req.raw);
    const pkce = token.startsWith('pkce_');
    try {
      return c.redirect(await followed(type, token, redirectTo, pkce), 303);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return c.redirect(refusedRedirect(redirectTo, error, { pkce }), 303);
    }
  });

  /** Where a link redirects: with a code, with a session in the fragment, or with a message that a second link is needed. */
  async function followed(type: Type, token: string, redirectTo: string, pkce: boolean): Promise<string> {
    const { person, kind, done } = take(project, type, token);
    const url = new URL(redirectTo);
    if (!done) {
      if (pkce) url.searchParams.set('message', ONE_OF_TWO);
      url.hash = new URLSearchParams({ message: ONE_OF_TWO, sb: '' }).toString();
      return url.href;
    }
    if (pkce) {
      url.searchParams.set('code', codeOf(project, person, METHODS[kind]));
      return url.href;
    }
    const session = (await beginSession(project, person, 'otp')) as Record<string, unknown>;
    const said = ['access_token', 'expires_at', 'expires_in', 'refresh_token', 'token_type'];
    url.hash = new URLSearchParams([
      ...said.map((name): [string, string] => [name, String(session[name])]),
      ['type', type],
      ['sb', ''],
    ]).toString();
    return url.href;
  }

  app.post('/verify', async (c: Context) => {
    const { type, token_hash: token } = await bodyOf(c, Verify);
    const { person, done } = take(project, type, token);
    if (!done) return c.json({ msg: ONE_OF_TWO, code: '200' });
    return c.json(await beginSession(project, person, 'otp'));
  });

  return app;
}

/** Uses up an emailed token. `done` is false while the other address hasn't confirmed. */
function take(
  project: Project,
  type: Type,
  token: string,
): { person: Person; kind: Exclude<Type, 'email'>; done: boolean } {
  const asked = type === 'email' ? (['signup', 'magiclink'] as const) : ([type] as const);
  for (const kind of asked) {
    const person = project.people.find((one) => isFor(one, kind, token));
    if (person === undefined) continue;
    const done = use(project, person, kind, token);
    if (done) noteProviders(person);
    return { person, kind, done };
  }
  throw new Refusal(403, 'otp_expired', 'Email link is invalid or has expired');
}

function isFor(person: Person, kind: Exclude<Type, 'email'>, token: string): boolean {
  const { confirmation, recovery, emailChange } = person;
  switch (kind) {
    case 'signup':
    case 'invite':
      return confirmation?.token === token && isGood(confirmation.sentAt);
    case 'magiclink':
    case 'recovery':
      return recovery?.token === token && isGood(recovery.sentAt);
    case 'email_change':
      return (
        emailChange !== null &&
        [emailChange.toNew, emailChange.toCurrent].includes(token) &&
        isGood(emailChange.sentAt)
      );
  }
}

function use(project: Project, person: Person, kind: Exclude<Type, 'email'>, token: string): boolean {
  if (kind === 'email_change') return useEmailChange(project, person, token);
  if (kind === 'magiclink' || kind === 'recovery') person.recovery = null;
  confirm(person);
  return true;
}

function useEmailChange({ settings }: Project, person: Person, token: string): boolean {
  const change = person.emailChange;
  if (change === null) return true;
  if (settings.confirmEmail && settings.secureEmailChange && change.confirmed === 0) {
    change.confirmed = 1;
    if (change.toCurrent === token) change.toCurrent = '';
    else change.toNew = '';
    return false;
  }
  const email = person.newEmail;
  const identity = person.identities.find(({ provider }) => provider === 'email');
  if (identity === undefined) person.identities.push(emailIdentity(person.id, email));
  else identity.data.email = email;
  person.email = email;
  person.newEmail = '';
  person.emailChange = null;
  person.userMetadata = { ...person.userMetadata, email };
  confirm(person);
  return true;
}
