/** Downloads: the artifacts of a successful deployment, byte for byte, permanently. */
import { AppFluxError, ArtifactName, hasEnded, ObjectId } from '@appflux/protocol';
import { create as contentDisposition } from 'content-disposition';
import type { Context } from 'hono';
import { beginsDownload, isKnown, rangeOf, rangeStillMeant } from '../http/range.ts';
import { type ApiEnv, router } from '../http/router.ts';
import type { ArtifactRecord, KeptDeployment } from '../metadata/metadata.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { artifactsRemoved } from '../retention/removed.ts';
import { countDownload } from './download-count.ts';
import { answer, draw } from './drawn.ts';
import { earlierBlockmap } from './earlier-blockmap.ts';
import { cachedBytes } from './file-cache.ts';
import { damagedDocument, missingDocument, removedDocument } from './state-view.ts';

/** A media type without parameters (RFC 6838 §4.2): what a build calls its files is not to be trusted further. */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/i;

export const downloads = router();

/** Hono answers HEAD with the same handler and drops the body. */
downloads.get('/dl/:deploymentId/:name', async (c) => {
  const { deploymentId, name } = c.req.param();
  const deployment = await deliveredDeployment(c, deploymentId, name);
  if (deployment === null) return missing(c);
  const artifact = deployment.artifacts.find((delivered) => delivered.name === name);
  if (artifact === undefined) {
    const earlier = await earlierBlockmap(c.get('metadata'), deployment, name);
    return earlier === null ? missing(c) : c.redirect(`/dl/${earlier}/${encodeURIComponent(name)}`);
  }
  return deployment.artifactsRemovedAt === null ? file(c, deployment, artifact) : removed(c, deployment);
});

/** The deployment, if it was a success and the name can be that of an artifact; else null. */
async function deliveredDeployment(
  c: Context<ApiEnv>,
  deploymentId: string,
  name: string,
): Promise<KeptDeployment | null> {
  const possible = ObjectId.safeParse(deploymentId).success && ArtifactName.safeParse(name).success;
  const deployment = possible ? await newestState(c, deploymentId) : null;
  return deployment?.status === 'success' ? deployment : null;
}

/** Metadata learns of a success a moment later than the API reports it: until then the object is asked. */
async function newestState(c: Context<ApiEnv>, id: string): Promise<KeptDeployment | null> {
  const known = await c.get('metadata').deployments.byId(id);
  if (known === null || hasEnded(known.status)) return known;
  const current = await deploymentOf(c.env, id).snapshot();
  return current && { ...known, ...current.record };
}

const wantsPage = (c: Context<ApiEnv>) => c.req.header('Accept')?.includes('text/html') === true;

/** A person gets a page, a program the API's refusal. */
async function missing(c: Context<ApiEnv>): Promise<Response> {
  if (wantsPage(c)) return answer(await draw(missingDocument('file')), 404);
  throw new AppFluxError('not_found', 'There is no such file');
}

/** The same for a file that there was. */
async function removed(c: Context<ApiEnv>, { app, artifactsRemovedAt }: KeptDeployment): Promise<Response> {
  if (wantsPage(c)) return answer(await draw(removedDocument(app)), 410);
  throw artifactsRemoved(artifactsRemovedAt);
}

/** The same for a file that storage has other bytes of than were delivered. */
async function damaged(c: Context<ApiEnv>, { app }: KeptDeployment): Promise<Response> {
  if (wantsPage(c)) return answer(await draw(damagedDocument(app)), 500);
  throw new AppFluxError('artifact_damaged', 'The file in storage is not the one that was delivered', {
    hint: 'Redeploy to build it again. The operator finds the details in the log of the edge.',
  });
}

async function file(
  c: Context<ApiEnv>,
  deployment: KeptDeployment,
  artifact: ArtifactRecord,
): Promise<Response> {
  const { method, headers: asked } = c.req.raw;
  const etag = `"${artifact.sha256}"`;
  const headers = new Headers({
    ETag: etag,
    'Cache-Control': 'public, max-age=31536000, immutable',
    'Accept-Ranges': 'bytes',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
  });
  if (isKnown(asked.get('If-None-Match'), etag)) return new Response(null, { status: 304, headers });

  headers.set(
    'Content-Type',
    MEDIA_TYPE.test(artifact.contentType) ? artifact.contentType : 'application/octet-stream',
  );
  headers.set('Content-Disposition', contentDisposition(artifact.name));
  if (method === 'HEAD') {
    headers.set('Content-Length', String(artifact.size));
    return new Response(null, { headers });
  }

  const range = rangeStillMeant(asked.get('If-Range'), etag)
    ? rangeOf(asked.get('Range'), artifact.size)
    : 'whole';
  if (range === 'unsatisfiable') {
    return new Response(null, { status: 416, headers: { 'Content-Range': `bytes */${artifact.size}` } });
  }
  const body = await cachedBytes(artifact, range === 'whole' ? undefined : range, {
    objects: c.get('objects'),
    cache: c.env.DISK === undefined ? caches.default : null,
    waitUntil: (running) => c.executionCtx.waitUntil(running),
  });
  if (body === 'missing') return missing(c);
  if (body === 'damaged') return damaged(c, deployment);
  if (beginsDownload(range, artifact.size)) countDownload(c, deployment, artifact.name);
  if (range === 'whole') {
    headers.set('Content-Length', String(artifact.size));
    return new Response(body, { headers });
  }
  headers.set('Content-Length', String(range.length));
  headers.set('Content-Range', `bytes ${range.offset}-${range.offset + range.length - 1}/${artifact.size}`);
  return new Response(body, { status: 206, headers });
}
