/** Sign-up and sign-in by email. Source: internal/api/signup.go, token.go, otp.go, recover.go, resend.go */
import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { beginFlow, Challenge, exchange, redirectOf } from './flows.ts';
import { mailConfirmation, mailEmailChange, mailSignIn } from './mail.ts';
import { requireStrength } from './password.ts';
import type { Identity, Person, Project } from './project.ts';
import { Refusal } from './refusal.ts';
import { beginSession, noteProviders, refresh, toUser } from './sessions.ts';

const Email = z
  .string()
  .toLowerCase()
  .refine((email) => /^[^@\s]+@[^@\s]+$/.test(email));

const SignUp = Challenge.extend({
  email: Email,
  password: z.string().min(1),
  data: z.record(z.string(), z.unknown()).nullish(),
});
const ByEmail = Challenge.extend({ email: Email, create_user: z.boolean().optional() });
const Resend = ByEmail.extend({ type: z.enum(['signup', 'email_change']) });
const Grants = {
  password: z.object({ email: Email, password: z.string() }),
  refresh_token: z.object({ refresh_token: z.string().min(1) }),
  pkce: z.object({ auth_code: z.string().nullish(), code_verifier: z.string().nullish() }),
};

/** Parses the request body. The real server has an error message per field; here one covers all. */
export async function bodyOf<Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.infer<Schema>> {
  // A body that is not JSON matches no schema; the refusal below covers it.
  const parsed = schema.safeParse(await c.req.json().catch(() => null));
  if (parsed.success) return parsed.data;
  throw new Refusal(400, 'validation_failed', 'Unable to validate the request');
}

/** Creates an email identity. */
export function emailIdentity(personId: string, email: string, data: Record<string, unknown> = {}): Identity {
  return {
    id: randomUUID(),
    provider: 'email',
    providerId: personId,
    data: { ...data, sub: personId, email, email_verified: false, phone_verified: false },
    createdAt: new Date(),
  };
}

/** Creates a user without identities. */
export function newPerson(facts: Pick<Person, 'email' | 'password' | 'userMetadata'>): Person {
  return {
    id: randomUUID(),
    newEmail: '',
    confirmedAt: null,
    confirmation: null,
    recovery: null,
    emailChange: null,
    nonce: null,
    appMetadata: {},
    identities: [],
    createdAt: new Date(),
    lastSignInAt: null,
    ...facts,
  };
}

/** Marks a user's email as confirmed. */
export function confirm(person: Person): void {
  person.confirmation = null;
  person.confirmedAt ??= new Date();
  person.userMetadata = { ...person.userMetadata, email_verified: true };
  for (const identity of person.identities) {
    if (identity.data.email === person.email) identity.data.email_verified = true;
  }
}

export function signInRoutes(project: Project): Hono {
  const app = new Hono();
  const { settings } = project;

  app.post('/signup', async (c) => {
    if (!settings.signUps) {
      throw new Refusal(422, 'signup_disabled', 'Signups not allowed for this instance');
    }
    const { email, password, data, ...challenge } = await bodyOf(c, SignUp);
    requireStrength(project, password);
    const known = project.byEmail(email);
    if (known?.confirmedAt) {
      if (!settings.confirmEmail) throw new Refusal(422, 'user_already_exists', 'User already registered');
      return c.json(obfuscated(email, data ?? {}));
    }
    const person = known ?? newPerson({ email, password, userMetadata: {} });
    if (known === undefined) {
      person.userMetadata = {
        ...data,
        sub: person.id,
        email,
        email_verified: false,
        phone_verified: false,
      };
      person.identities = [emailIdentity(person.id, email, data ?? {})];
      noteProviders(person);
    }
    if (settings.confirmEmail) {
      const pkce = beginFlow(project, challenge, { method: 'email/signup', personId: person.id }) !== null;
      mailConfirmation(project, person, redirectOf(project, c.req.raw), pkce);
      // The real server rolls back the new user when the email can't be sent.
      if (known === undefined) project.people.push(person);
      return c.json(toUser(person));
    }
    if (known === undefined) project.people.push(person);
    confirm(person);
    return c.json(await beginSession(project, person, 'password'));
  });

  app.post('/token', async (c) => {
    switch (c.req.query('grant_type')) {
      case 'password': {
        const { email, password } = await bodyOf(c, Grants.password);
        const person = project.byEmail(email);
        if (person === undefined || person.password === null || person.password !== password) {
          throw new Refusal(400, 'invalid_credentials', 'Invalid login credentials');
        }
        if (person.confirmedAt === null) {
          throw new Refusal(400, 'email_not_confirmed', 'Email not confirmed');
        }
        return c.json(await beginSession(project, person, 'password'));
      }
      case 'refresh_token':
        return c.json(await refresh(project, (await bodyOf(c, Grants.refresh_token)).refresh_token));
      case 'pkce': {
        const { auth_code, code_verifier } = await bodyOf(c, Grants.pkce);
        return c.json(await exchange(project, auth_code ?? '', code_verifier ?? ''));
      }
      default:
        throw new Refusal(400, 'invalid_credentials', 'unsupported_grant_type');
    }
  });

  app.post('/recover', async (c) => {
    const { email, ...challenge } = await bodyOf(c, ByEmail);
    const person = project.byEmail(email);
    if (person !== undefined) {
      const pkce = beginFlow(project, challenge, { method: 'recovery', personId: person.id }) !== null;
      mailSignIn(project, person, 'recovery', redirectOf(project, c.req.raw), pkce);
    }
    return c.json({});
  });

  app.post('/otp', async (c) => {
    const { email, create_user: create = true, ...challenge } = await bodyOf(c, ByEmail);
    const person = project.byEmail(email);
    if (person === undefined) {
      if (!create || !settings.signUps) {
        throw new Refusal(422, 'otp_disabled', 'Signups not allowed for otp');
      }
      throw new Refusal(400, 'validation_failed', 'This stand-in creates no accounts by an emailed link');
    }
    const pkce = beginFlow(project, challenge, { method: 'magiclink', personId: person.id }) !== null;
    mailSignIn(project, person, 'magiclink', redirectOf(project, c.req.raw), pkce);
    return c.json({});
  });

  app.post('/resend', async (c) => {
    const { email, type, ...challenge } = await bodyOf(c, Resend);
    const person = project.byEmail(email);
    const redirectTo = redirectOf(project, c.req.raw);
    if (person === undefined) return c.json({});
    if (type === 'signup' && person.confirmedAt === null) {
      const pkce = beginFlow(project, challenge, { method: 'email/signup', personId: person.id }) !== null;
      mailConfirmation(project, person, redirectTo, pkce);
    }
    if (type === 'email_change' && person.newEmail !== '') {
      const pkce = beginFlow(project, challenge, { method: 'email_change', personId: person.id }) !== null;
      mailEmailChange(project, person, person.newEmail, redirectTo, pkce);
    }
    return c.json({});
  });

  return app;
}

/** The response for an email that is already registered: a made-up user without identities. */
function obfuscated(email: string, data: Record<string, unknown>): object {
  const person = newPerson({ email, password: null, userMetadata: data });
  person.appMetadata = { provider: 'email', providers: ['email'] };
  person.confirmation = { token: '', sentAt: new Date() };
  return { ...toUser(person), role: '' };
}
