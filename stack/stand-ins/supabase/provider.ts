/** Signing in with GitHub, and linking it. Source: internal/api/external.go, internal/models/linking.go */
import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { z } from 'zod';
import { beginFlow, redirectOf } from './flows.ts';
import { mailConfirmation } from './mail.ts';
import type { Flow, Identity, Person, Project } from './project.ts';
import { Refusal, refusedRedirect } from './refusal.ts';
import { noteProviders } from './sessions.ts';
import { confirm, newPerson } from './sign-in.ts';

/** Query parameters of `/authorize` that are not passed on to the provider. */
const KEPT = ['scopes', 'provider', 'code_challenge', 'code_challenge_method'];

const Token = z.object({ access_token: z.string() });
const User = z.object({ id: z.number(), login: z.string(), name: z.string() });
const Emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));
type Emails = z.infer<typeof Emails>;

/** GitHub's consent page for a sign-in, or for linking when `linkTo` is a user id. */
export function providerAddress(project: Project, request: Request, linkTo: string | null): string {
  const query = new URL(request.url).searchParams;
  if (query.get('provider') !== 'github' || !project.settings.github) {
    throw new Refusal(400, 'validation_failed', 'Unsupported provider: provider is not enabled');
  }
  const flow = beginFlow(
    project,
    {
      code_challenge: query.get('code_challenge'),
      code_challenge_method: query.get('code_challenge_method'),
    },
    { method: 'oauth', redirectTo: redirectOf(project, request), linkTo },
  );
  if (flow === null) throw new Refusal(400, 'validation_failed', 'This stand-in supports PKCE only');
  const url = new URL(`${project.github.url}/login/oauth/authorize`);
  url.search = new URLSearchParams({
    client_id: project.github.clientId,
    redirect_uri: `${project.url}/auth/v1/callback`,
    response_type: 'code',
    scope: 'user:email',
    state: flow.id,
  }).toString();
  // The real server does this too: any other parameter reaches GitHub.
  for (const [name, value] of query) if (!KEPT.includes(name)) url.searchParams.set(name, value);
  return url.href;
}

export function providerRoutes(project: Project): Hono {
  const app = new Hono();

  app.get('/authorize', (c) => c.redirect(providerAddress(project, c.req.raw, null), 302));

  app.get('/callback', async (c) => {
    const flow = project.flows.find(({ id }) => id === c.req.query('state'));
    if (flow === undefined) {
      const lost = new Refusal(400, 'bad_oauth_state', 'OAuth state not found or expired');
      return c.redirect(refusedRedirect(project.settings.siteUrl, lost, { pkce: true }), 302);
    }
    try {
      const error = c.req.query('error');
      if (error !== undefined)
        return c.redirect(deniedAddress(flow, error, c.req.query('error_description')), 302);
      if (flow.personId !== null) {
        throw new Refusal(400, 'flow_state_already_used', 'State has already been used');
      }
      const { user, emails } = await askGithub(project, c.req.query('code') ?? '');
      flow.personId = personFor(project, flow, user, emails).id;
      const url = new URL(flow.redirectTo);
      url.searchParams.set('code', flow.code);
      return c.redirect(url.href, 302);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const asDenied = ['signup_disabled', 'provider_email_needs_verification'].includes(error.code);
      const fallback = asDenied ? 'access_denied' : 'server_error';
      return c.redirect(refusedRedirect(flow.redirectTo, error, { pkce: true, fallback }), 302);
    }
  });

  return app;
}

/** Reports the provider's error, in the query and in the fragment. */
function deniedAddress({ redirectTo }: Flow, error: string, description = ''): string {
  const url = new URL(redirectTo);
  const said = { error, error_description: description };
  for (const [name, value] of Object.entries(said)) url.searchParams.set(name, value);
  url.hash = new URLSearchParams({ ...said, sb: '' }).toString();
  return url.href;
}

async function askGithub(project: Project, code: string) {
  const { url, clientId, clientSecret } = project.github;
  const answer = await fetch(`${url}/login/oauth/access_token`, {
    method: 'POST',
    headers: { Accept: 'application/json' },
    body: new URLSearchParams({ client_id: clientId, client_secret: clientSecret, code }),
  });
  const token = Token.safeParse(await answer.json());
  if (!token.success) {
    throw new Refusal(500, 'unexpected_failure', 'Unable to exchange external code');
  }
  const headers = { Authorization: `Bearer ${token.data.access_token}`, 'User-Agent': 'stand-in' };
  const get = async (path: string) => (await fetch(`${url}/api/v3${path}`, { headers })).json();
  return { user: User.parse(await get('/user')), emails: Emails.parse(await get('/user/emails')) };
}

/** Finds the user of a GitHub account (by identity, then by verified email), links it, or creates a user. */
function personFor(
  project: Project,
  flow: Flow,
  { id, login, name }: z.infer<typeof User>,
  emails: Emails,
): Person {
  const primary = emails.find((one) => one.primary) ?? emails[0];
  const identity: Identity = {
    id: randomUUID(),
    provider: 'github',
    providerId: String(id),
    data: {
      sub: String(id),
      provider_id: String(id),
      email: primary?.email.toLowerCase() ?? '',
      email_verified: primary?.verified ?? false,
      name,
      full_name: name,
      user_name: login,
      preferred_username: login,
      iss: `${project.github.url}/api/v3`,
      phone_verified: false,
    },
    createdAt: new Date(),
  };
  const known = project.people.find(({ identities }) =>
    identities.some((one) => one.provider === 'github' && one.providerId === identity.providerId),
  );
  if (flow.linkTo !== null) return link(project, flow.linkTo, known, identity);
  const verified = emails.filter((one) => one.verified || !project.settings.confirmEmail);
  const found =
    known ?? project.people.find(({ email }) => verified.some((one) => one.email.toLowerCase() === email));
  const person = found ?? newPerson({ email: String(identity.data.email), password: null, userMetadata: {} });
  if (found === undefined) {
    if (!project.settings.signUps) {
      throw new Refusal(422, 'signup_disabled', 'Signups not allowed for this instance');
    }
    project.people.push(person);
  }
  if (known === undefined) person.identities.push(identity);
  person.userMetadata = { ...person.userMetadata, ...identity.data };
  if (person.confirmedAt === null) admit(project, flow, person, identity, primary?.verified ?? false);
  noteProviders(person);
  return person;
}

/** An unconfirmed user loses what someone else may have set, then is confirmed by GitHub or by an email. */
function admit(project: Project, flow: Flow, person: Person, identity: Identity, verified: boolean): void {
  person.password = null;
  person.userMetadata = identity.data;
  person.identities = [identity];
  if (verified || !project.settings.confirmEmail) {
    confirm(person);
    return;
  }
  mailConfirmation(project, person, flow.redirectTo, false);
  throw new Refusal(
    422,
    'provider_email_needs_verification',
    'Unverified email with github. A confirmation email has been sent to your github email',
  );
}

function link(project: Project, linkTo: string, known: Person | undefined, identity: Identity): Person {
  const person = project.byId(linkTo);
  if (person === undefined) throw new Refusal(422, 'user_not_found', 'Linking target user not found');
  if (known !== undefined) {
    const where = known === person ? '' : ' to another user';
    throw new Refusal(422, 'identity_already_exists', `Identity is already linked${where}`);
  }
  person.identities.push(identity);
  noteProviders(person);
  return person;
}
