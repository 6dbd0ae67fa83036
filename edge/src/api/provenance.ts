/** Provenance: the signed statement of a deployment, the keys that verify it, and their rotation. */
import {
  AppFluxError,
  DsseEnvelope,
  ErrorBody,
  hasEnded,
  ObjectId,
  PROVENANCE_KEYS_PATH,
  ProvenanceKeys,
  RotateProvenanceKey,
  SBOM_MEDIA_TYPE,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { note, OPERATOR } from '../audit/note.ts';
import { bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { provenanceKeys } from '../provenance/attest.ts';
import { publicKeys } from '../provenance/key-ring.ts';
import { readRing, rotateKeys } from '../provenance/keys.ts';
import { readSbom, unpacked } from '../provenance/read-sbom.ts';
import { artifactsRemoved } from '../retention/removed.ts';
import { ownedDeployment, stillThere } from './deployments.ts';
import { takesGzip } from './finished-log.ts';
import { operatorOnly } from './operator.ts';

export const provenance = router();

provenance.openapi(
  createRoute({
    method: 'get',
    path: '/api/deployments/{id}/attestation',
    summary: 'Get the signed provenance of a deployment',
    description:
      'A DSSE envelope with an in-toto statement (SLSA provenance v1) about every artifact. It is signed at the first request and never changes afterwards. GET /.well-known/appflux/keys.json has the keys that verify it.',
    tags: ['deployments'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    request: { params: z.object({ id: ObjectId }) },
    responses: { 200: json(DsseEnvelope, 'The envelope'), ...refusals },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    await ownedDeployment(c.get('metadata'), c.get('caller').ownerId, id);
    const answer = stillThere(await deploymentOf(c.env, id).attestation(), id);
    if ('envelope' in answer) return c.json(answer.envelope, 200);
    if ('refused' in answer) {
      const { code, message, ...details } = answer.refused;
      throw new AppFluxError(code, message, details);
    }
    if ('notSuccessful' in answer) {
      throw new AppFluxError(
        'not_successful',
        `That deployment is ${answer.notSuccessful}; only a successful one has provenance`,
      );
    }
    throw new AppFluxError('not_found', 'AppFlux 0.1.0 made this deployment and checked no digests', {
      hint: 'Redeploy it: the new deployment has provenance.',
    });
  },
);

// The typed router takes this media type for no JSON, so the route is described manually.
provenance.openAPIRegistry.registerPath({
  method: 'get',
  path: '/api/deployments/{id}/sbom',
  summary: 'Get the bill of materials of a deployment',
  description:
    'CycloneDX 1.6 as JSON, made by the runner of the lockfiles in the source. 404 if the source has no lockfile.',
  tags: ['deployments'],
  security: bearer,
  request: { params: z.object({ id: ObjectId }) },
  responses: {
    200: {
      description: 'The bill of materials',
      content: { 'application/vnd.cyclonedx+json': { schema: z.looseObject({}) } },
    },
    ...refusals,
    410: json(ErrorBody, 'Removed by retention'),
  },
});

provenance.get('/api/deployments/:id/sbom', needs('deployments:read'), async (c) => {
  const { metadata, objects, caller } = c.var;
  const id = ObjectId.safeParse(c.req.param('id'));
  if (!id.success) throw new AppFluxError('bad_request', 'Invalid request path: the id is not one');
  const known = await ownedDeployment(metadata, caller.ownerId, id.data);
  const { status, sbom = null } = hasEnded(known.status)
    ? known
    : stillThere(await deploymentOf(c.env, known.id).snapshot(), known.id).record;
  if (status !== 'success') {
    throw new AppFluxError(
      'not_successful',
      `That deployment is ${status}; only a successful one has an SBOM`,
    );
  }
  if (sbom === null) {
    throw new AppFluxError('not_found', 'This deployment has no SBOM: no lockfile was found in its source', {
      hint: 'Commit the lockfile of your package manager and redeploy. The log says what was found.',
    });
  }
  if (known.artifactsRemovedAt !== null) throw artifactsRemoved(known.artifactsRemovedAt);
  const headers = {
    'Content-Type': SBOM_MEDIA_TYPE,
    'Content-Disposition': `attachment; filename="${known.app.slug}-${known.id}.cdx.json"`,
    Vary: 'Accept-Encoding',
  };
  const bytes = await readSbom(objects, sbom);
  if (!takesGzip(c)) return c.body(unpacked(bytes), 200, headers);
  // As it is stored: it costs no processor time here.
  return new Response(bytes, { headers: { ...headers, 'Content-Encoding': 'gzip' }, encodeBody: 'manual' });
});

provenance.openapi(
  createRoute({
    method: 'get',
    path: PROVENANCE_KEYS_PATH,
    summary: 'Get the public keys that provenance is signed with',
    description:
      'A JWK set: the key that signs now, and all earlier ones. `nbf` and `exp` say when a key signed; `revoked` that its signatures are not valid.',
    tags: ['deployments'],
    responses: { 200: json(ProvenanceKeys, 'The keys, newest first') },
  }),
  async (c) => {
    const ring = await readRing(provenanceKeys(c.env));
    // A key may be minutes old, or revoked a minute ago: it has to be requested for each verification.
    c.header('Cache-Control', 'no-cache');
    c.header('Access-Control-Allow-Origin', '*');
    return c.json(ring === null ? { keys: [] } : publicKeys(ring), 200);
  },
);

provenance.openapi(
  createRoute({
    method: 'post',
    path: '/api/ops/provenance/rotate',
    tags: ['operator'],
    summary: 'Sign provenance with a new key',
    description:
      'What earlier keys have signed stays valid, except for the key that `revoke` names: deployments that it has signed are signed again at the next request. Keys also rotate automatically after 90 days.',
    security: bearer,
    middleware: operatorOnly,
    request: { body: jsonBody(RotateProvenanceKey) },
    responses: { 200: json(ProvenanceKeys, 'All keys, newest first'), ...refusals },
  }),
  async (c) => {
    const { revoke = null } = c.req.valid('json');
    const ring = await rotateKeys(provenanceKeys(c.env), revoke, Math.floor(Date.now() / 1000));
    const metadata = c.get('metadata');
    const owner = await metadata.users.owner();
    if (owner !== null) await note(metadata, owner.id, OPERATOR, 'provenance.rotate', null);
    return c.json(publicKeys(ring), 200);
  },
);
