/** What the operator does to an instance: sets it up, and lets its owner in. */
import { AppFluxError, InstanceSetUp, SetUpInstance, SignInLink } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { noteOfUser, OPERATOR } from '../audit/note.ts';
import { Email } from '../auth/request.ts';
import { bearer, json, jsonBody, refusals, router } from '../http/router.ts';
import { looksLikeJwt } from '../identity/access-token.ts';
import { createRecoveryLink, createSignInLink, type OneTimeLink } from '../identity/sign-in-link.ts';
import type { Metadata } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { hashToken } from '../secrets/tokens.ts';
import { foundTeam } from '../teams/team.ts';
import { operatorOnly } from './operator.ts';

const OWNER_EMAIL = 'owner@localhost';

/** In metadata.secrets: that a bootstrap token was made, so that one which was revoked does not come back. */
const BOOTSTRAPPED = 'bootstrapped';

/** A token that reads as a JWT would be taken for an access token. */
const Setup = SetUpInstance.refine(
  ({ bootstrapToken }) => bootstrapToken === undefined || !looksLikeJwt(bootstrapToken),
  { path: ['bootstrapToken'], message: 'A bootstrap token must not look like a JWT' },
).meta({ id: 'Setup' });

const Recovery = z.strictObject({ email: Email }).meta({ id: 'Recovery' });

export const ops = router();

ops.openapi(
  createRoute({
    method: 'post',
    path: '/api/ops/setup',
    tags: ['operator'],
    summary: 'Create the owner with the first call, and a new sign-in link with every call',
    security: bearer,
    middleware: operatorOnly,
    request: { body: { required: false, content: { 'application/json': { schema: Setup } } } },
    responses: { 200: json(InstanceSetUp, 'The owner, and a link that signs them in once'), ...refusals },
  }),
  async (c) => {
    const { bootstrapToken } = c.req.valid('json');
    const metadata = c.get('metadata');
    const owner = await metadata.users.keepOwner({
      id: crypto.randomUUID(),
      email: OWNER_EMAIL,
      passwordHash: null,
      githubId: null,
      createdAt: new Date().toISOString(),
    });
    await foundTeam(metadata, owner);
    if (bootstrapToken !== undefined) await bootstrap(metadata, owner.id, bootstrapToken);
    return c.json({ owner: { id: owner.id }, signIn: shown(await createSignInLink(c.env, metadata)) }, 200);
  },
);

ops.openapi(
  createRoute({
    method: 'post',
    path: '/api/ops/sign-in-links',
    tags: ['operator'],
    summary: 'Create a single-use sign-in link for the owner; earlier links stop working',
    security: bearer,
    middleware: operatorOnly,
    responses: { 201: json(SignInLink, 'The link, good for 24 hours'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const link = await createSignInLink(c.env, metadata);
    const owner = await metadata.users.owner();
    if (owner !== null) await noteOfUser(metadata, owner, 'link.asked', OPERATOR);
    return c.json(shown(link), 201);
  },
);

ops.openapi(
  createRoute({
    method: 'post',
    path: '/api/ops/recovery-links',
    tags: ['operator'],
    summary: 'Create a link with which a user sets a new password; earlier links stop working',
    security: bearer,
    middleware: operatorOnly,
    request: { body: jsonBody(Recovery) },
    responses: { 201: json(SignInLink, 'The link, good for an hour'), ...refusals },
  }),
  async (c) => {
    const { email } = c.req.valid('json');
    const metadata = c.get('metadata');
    const user = await metadata.users.byEmail(email);
    if (user === null) throw new AppFluxError('not_found', `No user has the email address ${email}`);
    const link = await createRecoveryLink(c.env, metadata, user);
    await noteOfUser(metadata, user, 'recovery.asked', OPERATOR);
    return c.json(shown(link), 201);
  },
);

const shown = ({ url, expiresAt }: OneTimeLink): SignInLink => ({ url, expiresAt });

/** Makes the first bootstrap token that an instance is given an API token of its owner. Later ones change nothing. */
async function bootstrap(metadata: Metadata, ownerId: string, token: string): Promise<void> {
  if ((await metadata.secrets.get(BOOTSTRAPPED)) !== null) return;
  const id = newObjectId();
  const createdAt = new Date().toISOString();
  // The token first: should the note fail, the next setup finds the same hash and leaves the token as it is.
  await metadata.tokens.insert({
    id,
    ownerId,
    kind: 'api',
    name: 'bootstrap',
    scopes: ['admin'],
    role: null,
    appId: null,
    createdBy: null,
    hash: await hashToken(token),
    expiresAt: null,
    lastUsedAt: null,
    createdAt,
  });
  await metadata.secrets.keep(BOOTSTRAPPED, createdAt);
}
