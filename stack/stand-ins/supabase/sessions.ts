/** Sessions, tokens and the user object. Source: internal/tokens/service.go, internal/models/user.go */
import { randomBytes, randomUUID } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import type { Identity, Person, Project, Session } from './project.ts';
import { Refusal } from './refusal.ts';

const ACCESS_TOKEN_SECONDS = 3600;

/** How long a used refresh token can be reused, in milliseconds. */
const REUSE_MS = 10_000;

/** Starts a session and returns the token response. `method` goes into the `amr` claim. */
export async function beginSession(project: Project, person: Person, method: string): Promise<object> {
  const session: Session = {
    id: randomUUID(),
    personId: person.id,
    method,
    createdAt: new Date(),
    refreshTokens: [],
  };
  project.sessions.push(session);
  person.lastSignInAt = new Date();
  return issue(project, person, session);
}

async function issue(project: Project, person: Person, session: Session): Promise<object> {
  const refreshToken = randomBytes(9).toString('hex').slice(0, 12);
  session.refreshTokens.push({ token: refreshToken, usedAt: null });
  const now = Math.floor(Date.now() / 1000);
  const accessToken = await new SignJWT({
    email: person.email,
    phone: '',
    app_metadata: person.appMetadata,
    user_metadata: person.userMetadata,
    role: 'authenticated',
    aal: 'aal1',
    amr: [{ method: session.method, timestamp: Math.floor(session.createdAt.getTime() / 1000) }],
    session_id: session.id,
    is_anonymous: false,
  })
    .setProtectedHeader({ alg: 'ES256', kid: project.key.id, typ: 'JWT' })
    .setIssuer(`${project.url}/auth/v1`)
    .setAudience('authenticated')
    .setSubject(person.id)
    .setIssuedAt(now)
    .setExpirationTime(now + ACCESS_TOKEN_SECONDS)
    .sign(project.key.own);
  return {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: ACCESS_TOKEN_SECONDS,
    expires_at: now + ACCESS_TOKEN_SECONDS,
    refresh_token: refreshToken,
    user: toUser(person),
  };
}

/** Exchanges a refresh token for a new token response. */
export async function refresh(project: Project, token: string): Promise<object> {
  const session = project.sessions.find(({ refreshTokens }) =>
    refreshTokens.some((one) => one.token === token),
  );
  const person = session && project.byId(session.personId);
  if (session === undefined || person === undefined) {
    throw new Refusal(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');
  }
  const shown = session.refreshTokens.find((one) => one.token === token);
  if (shown?.usedAt && Date.now() - shown.usedAt.getTime() > REUSE_MS) {
    endSessions(project, ({ id }) => id === session.id);
    throw new Refusal(400, 'refresh_token_already_used', 'Invalid Refresh Token: Already Used');
  }
  if (shown) shown.usedAt ??= new Date();
  return issue(project, person, session);
}

/** Deletes every session for which `ends` is true. */
export function endSessions(project: Project, ends: (session: Session) => boolean): void {
  project.sessions = project.sessions.filter((session) => !ends(session));
}

/** The user and session behind a request's access token. */
export async function signedIn(
  project: Project,
  request: Request,
): Promise<{ person: Person; session: Session }> {
  const token = /^Bearer (.+)$/i.exec(request.headers.get('Authorization') ?? '')?.[1];
  if (token === undefined) {
    throw new Refusal(401, 'no_authorization', 'This endpoint requires a valid Bearer token');
  }
  const claims = await jwtVerify(token, project.key.shared, { audience: 'authenticated' }).catch((error) => {
    throw new Refusal(403, 'bad_jwt', `invalid JWT: unable to parse or verify signature, ${String(error)}`);
  });
  const person = project.byId(claims.payload.sub ?? '');
  if (person === undefined) {
    throw new Refusal(403, 'user_not_found', 'User from sub claim in JWT does not exist');
  }
  const session = project.sessions.find(({ id }) => id === claims.payload.session_id);
  if (session === undefined) {
    throw new Refusal(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
  }
  return { person, session };
}

/** The user object that clients receive. */
export function toUser(person: Person): Record<string, unknown> {
  const confirmed = person.confirmedAt && {
    email_confirmed_at: person.confirmedAt,
    confirmed_at: person.confirmedAt,
  };
  return {
    id: person.id,
    aud: 'authenticated',
    role: 'authenticated',
    email: person.email,
    ...confirmed,
    phone: '',
    ...(person.confirmation && { confirmation_sent_at: person.confirmation.sentAt }),
    ...(person.recovery && { recovery_sent_at: person.recovery.sentAt }),
    ...(person.newEmail !== '' && { new_email: person.newEmail }),
    ...(person.emailChange && { email_change_sent_at: person.emailChange.sentAt }),
    ...(person.lastSignInAt && { last_sign_in_at: person.lastSignInAt }),
    app_metadata: person.appMetadata,
    user_metadata: person.userMetadata,
    identities: person.identities.map((identity) => toIdentity(person, identity)),
    created_at: person.createdAt,
    updated_at: person.createdAt,
    is_anonymous: false,
  };
}

const toIdentity = (person: Person, { id, provider, providerId, data, createdAt }: Identity) => ({
  identity_id: id,
  id: providerId,
  user_id: person.id,
  identity_data: data,
  provider,
  last_sign_in_at: createdAt,
  created_at: createdAt,
  updated_at: createdAt,
  email: data.email,
});

/** Updates `app_metadata.providers` from the identities. */
export function noteProviders(person: Person): void {
  const providers = [...new Set(person.identities.map(({ provider }) => provider))];
  person.appMetadata = {
    ...person.appMetadata,
    provider: person.appMetadata.provider ?? providers[0],
    providers,
  };
}
