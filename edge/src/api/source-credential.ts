/** The credential of an app's repository. */
import {
  AppFluxError,
  CreateSourceKey,
  ErrorBody,
  type SetSourceCredential as Input,
  SetSourceCredential,
  Slug,
  SourceCredential,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import {
  credentialOf,
  openCredential,
  sealCredential,
  shownCredential,
} from '../git-hosts/credential/credential.ts';
import { createPrivateKey } from '../git-hosts/credential/open-ssh.ts';
import { type ApiEnv, audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { createSealer } from '../secrets/sealing.ts';
import { ownedApp } from './apps.ts';

const BySlug = z.object({ slug: Slug });
const path = '/api/apps/{slug}/source/credential';
const shared = { tags: ['apps'], security: bearer, request: { params: BySlug } };
const unprocessable = { 422: json(ErrorBody, "The request can't be processed") };

export const sourceCredential = router();

sourceCredential.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path,
    summary: 'Get what an app’s repository is fetched with, without the secret',
    description: 'Null if the app has no credential, or one for another host than its repository is on.',
    middleware: [needs('apps:write')] as const,
    responses: { 200: json(SourceCredential.nullable(), 'The credential'), ...refusals },
  }),
  async (c) => {
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, c.req.valid('param').slug);
    const { source } = app;
    const credential =
      source.provider === 'upload'
        ? null
        : await openCredential(
            c.get('metadata'),
            { id: app.id, repoUrl: source.repoUrl },
            createSealer(c.env),
          );
    return c.json(credential === null ? null : await shownCredential(credential), 200);
  },
);

sourceCredential.openapi(
  createRoute({
    ...shared,
    method: 'put',
    path,
    summary: 'Set what an app’s repository is fetched with',
    description:
      'A token or a private SSH key. It is encrypted, can’t be read back, and is given only to the host that the repository is on now. Deployments that are waiting use it, too.',
    middleware: [needs('apps:write')] as const,
    request: { params: BySlug, body: jsonBody(SetSourceCredential) },
    responses: { 200: json(SourceCredential, 'The credential'), ...refusals, ...unprocessable },
  }),
  async (c) => {
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, c.req.valid('param').slug);
    return c.json(await keep(c, app, c.req.valid('json')), 200);
  },
);

sourceCredential.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: `${path}/ssh-key`,
    summary: 'Create an SSH key for an app’s repository',
    description:
      'Replaces the credential. Add the public key of the answer to the repository as a deploy key.',
    middleware: [needs('apps:write')] as const,
    request: { params: BySlug, body: jsonBody(CreateSourceKey) },
    responses: { 201: json(SourceCredential, 'The credential'), ...refusals, ...unprocessable },
  }),
  async (c) => {
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, c.req.valid('param').slug);
    const { knownHosts } = c.req.valid('json');
    const privateKey = await createPrivateKey(`appflux-${app.slug}`);
    const input: Input = { kind: 'ssh', privateKey, ...(knownHosts === undefined ? {} : { knownHosts }) };
    return c.json(await keep(c, app, input), 201);
  },
);

sourceCredential.openapi(
  createRoute({
    ...shared,
    method: 'delete',
    path,
    summary: 'Remove the credential of an app’s repository',
    middleware: [needs('apps:write')] as const,
    responses: { 204: { description: 'Removed' }, ...refusals },
  }),
  async (c) => {
    const { slug } = c.req.valid('param');
    const app = await ownedApp(c.get('metadata'), c.get('caller').ownerId, slug);
    if (!(await c.get('metadata').sourceCredentials.delete(app.id)))
      throw new AppFluxError('not_found', `${slug} has no source credential`);
    await audited(c, 'source.credential_delete', { kind: 'app', id: app.id, name: slug });
    return c.body(null, 204);
  },
);

async function keep(c: Context<ApiEnv>, app: AppRecord, input: Input): Promise<SourceCredential> {
  const credential = credentialOf(input, app.source, new Date());
  const sealed = await sealCredential(app, credential, createSealer(c.env));
  await c.get('metadata').sourceCredentials.set(app.id, sealed);
  await audited(c, 'source.credential_set', {
    kind: 'app',
    id: app.id,
    name: `${app.slug}: ${credential.kind}`,
  });
  return shownCredential(credential);
}
