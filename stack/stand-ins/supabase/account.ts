/** The account of a signed-in user. Source: internal/api/user.go, identity.go, reauthenticate.go */
import { Hono } from 'hono';
import { z } from 'zod';
import { beginFlow, Challenge, redirectOf } from './flows.ts';
import { isNonce, mailEmailChange, mailNonce } from './mail.ts';
import { requireStrength } from './password.ts';
import type { Person, Project, Session } from './project.ts';
import { providerAddress } from './provider.ts';
import { Refusal } from './refusal.ts';
import { endSessions, noteProviders, signedIn, toUser } from './sessions.ts';
import { bodyOf } from './sign-in.ts';

const DAY_MS = 24 * 3_600_000;

const Change = Challenge.extend({
  email: z.string().toLowerCase().optional(),
  password: z.string().optional(),
  current_password: z.string().optional(),
  nonce: z.string().optional(),
  data: z.record(z.string(), z.unknown()).nullish(),
});

export function accountRoutes(project: Project): Hono {
  const app = new Hono();
  const { settings } = project;

  app.get('/user', async (c) => c.json(toUser((await signedIn(project, c.req.raw)).person)));

  app.put('/user', async (c) => {
    const { person, session } = await signedIn(project, c.req.raw);
    const { email, password, current_password: current, nonce, data, ...challenge } = await bodyOf(c, Change);
    if (password !== undefined) requireStrength(project, password);
    const newEmail = email !== undefined && email !== '' && email !== person.email ? email : null;
    if (newEmail !== null && project.byEmail(newEmail) !== undefined) {
      throw new Refusal(422, 'email_exists', 'A user with this email address has already been registered');
    }
    if (password !== undefined) {
      requireFreshness(person, session, nonce);
      requireNewPassword(person, session, password, current);
      setPassword(person, session, password);
    }
    if (data) person.userMetadata = merged(person.userMetadata, data);
    if (newEmail !== null) {
      const pkce = beginFlow(project, challenge, { method: 'email_change', personId: person.id }) !== null;
      mailEmailChange(project, person, newEmail, redirectOf(project, c.req.raw), pkce);
    }
    return c.json(toUser(person));
  });

  /** Requires a code from an email for a session older than a day, if the project is set so. */
  function requireFreshness(person: Person, session: Session, nonce: string | undefined): void {
    if (!settings.reauthentication || Date.now() - session.createdAt.getTime() <= DAY_MS) return;
    if (nonce === undefined || nonce === '') {
      throw new Refusal(400, 'reauthentication_needed', 'Password update requires reauthentication');
    }
    if (!isNonce(person, nonce)) {
      throw new Refusal(422, 'reauthentication_not_valid', 'Nonce has expired or is invalid');
    }
    person.nonce = null;
  }

  function requireNewPassword(
    person: Person,
    session: Session,
    password: string,
    current: string | undefined,
  ): void {
    if (person.password === null) return;
    if (settings.requireCurrentPassword && session.method !== 'recovery') {
      const message = 'Current password required when setting new password.';
      if (current === undefined || current === '')
        throw new Refusal(400, 'current_password_required', message);
      if (current !== person.password) throw new Refusal(400, 'current_password_invalid', message);
    }
    if (person.password === password) {
      throw new Refusal(422, 'same_password', 'New password should be different from the old password.');
    }
  }

  /** Also ends all other sessions and invalidates emailed links. */
  function setPassword(person: Person, session: Session, password: string): void {
    person.password = password;
    person.confirmation = null;
    person.recovery = null;
    person.nonce = null;
    if (person.emailChange) person.emailChange = null;
    endSessions(project, ({ id, personId }) => personId === person.id && id !== session.id);
  }

  app.get('/reauthenticate', async (c) => {
    mailNonce(project, (await signedIn(project, c.req.raw)).person);
    return c.json({});
  });

  app.post('/logout', async (c) => {
    const { person, session } = await signedIn(project, c.req.raw);
    const scope = c.req.query('scope') ?? 'global';
    if (scope === 'local') endSessions(project, ({ id }) => id === session.id);
    else if (scope === 'others') {
      endSessions(project, ({ id, personId }) => personId === person.id && id !== session.id);
    } else endSessions(project, ({ personId }) => personId === person.id);
    return c.body(null, 204);
  });

  app.use('/user/identities/*', async (c, next) => {
    await signedIn(project, c.req.raw);
    if (!settings.manualLinking) {
      throw new Refusal(404, 'manual_linking_disabled', 'Manual linking is disabled');
    }
    await next();
  });

  app.get('/user/identities/authorize', async (c) => {
    const { person } = await signedIn(project, c.req.raw);
    const url = providerAddress(project, c.req.raw, person.id);
    return c.req.query('skip_http_redirect') === 'true' ? c.json({ url }) : c.redirect(url, 302);
  });

  app.delete('/user/identities/:id', async (c) => {
    const { person } = await signedIn(project, c.req.raw);
    const id = c.req.param('id');
    if (!z.uuid().safeParse(id).success) {
      throw new Refusal(404, 'validation_failed', 'identity_id must be an UUID');
    }
    if (person.identities.length <= 1) {
      throw new Refusal(
        422,
        'single_identity_not_deletable',
        'User must have at least 1 identity after unlinking',
      );
    }
    if (!person.identities.some((identity) => identity.id === id)) {
      throw new Refusal(422, 'identity_not_found', "Identity doesn't exist");
    }
    person.identities = person.identities.filter((identity) => identity.id !== id);
    const emails = person.identities.map(({ data }) => data.email);
    if (!emails.includes(person.email) && typeof emails[0] === 'string') person.email = emails[0];
    noteProviders(person);
    return c.json({});
  });

  return app;
}

/** Removes keys whose new value is null. */
const merged = (before: Record<string, unknown>, change: Record<string, unknown>) =>
  Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== null));
