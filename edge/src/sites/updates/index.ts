/** Update feeds: how installed apps learn of an App's release. */
import { AppFluxError, ObjectId, Sha256, Slug } from '@appflux/protocol';
import type { Context } from 'hono';
import { type ApiEnv, router } from '../../http/router.ts';
import type { AppRecord } from '../../metadata/metadata.ts';
import { publishedApp } from '../../publish/release.ts';
import { setting } from '../../settings.ts';
import { feedNamed, feedText, updateInfo } from './electron/feed.ts';
import { assetResponse } from './expo/asset.ts';
import { answerExpo } from './expo/feed.ts';
import { publicationOf } from './expo/publication.ts';
import { expoRequest } from './expo/request.ts';
import { electronRefusal, tauriRefusal } from './refusals.ts';
import { type FeedRelease, feedRelease } from './release.ts';
import { Bundle, updateFor } from './tauri/manifest.ts';

/** A feed may be cached only by asking again: a release shows immediately. */
const HEADERS = { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' };

export const updates = router();

updates.get('/a/:slug/updates/electron/:file', async (c) => {
  const feed = feedNamed(c.req.param('file'));
  if (feed === null) {
    throw new AppFluxError('not_found', 'There is no such update feed', {
      hint: 'electron-updater reads latest.yml, latest-mac.yml and latest-linux.yml; see docs/update-feeds.md.',
    });
  }
  const info = updateInfo(await releaseOf(c), feed);
  if (typeof info === 'string') throw electronRefusal(info, feed);
  return c.body(feedText(info), 200, { ...HEADERS, 'Content-Type': 'text/yaml; charset=utf-8' });
});

updates.get('/a/:slug/updates/tauri/:target/:arch/:version', async (c) => {
  const { target, arch, version } = c.req.param();
  // An app that doesn't know how it was installed sends a word that is none of these.
  const bundle = Bundle.safeParse(c.req.query('bundle_type')?.toLowerCase()).data ?? null;
  const update = updateFor(await releaseOf(c), { target, arch, version, bundle });
  if (update === 'current') return c.body(null, 204, HEADERS);
  if (typeof update === 'string') throw tauriRefusal(update);
  return c.json(update, 200, HEADERS);
});

updates.get('/a/:slug/updates/expo', async (c) => {
  const request = expoRequest(c.req.raw.headers);
  const app = await appOf(c);
  const feedUrl = `${setting(c.env, 'PUBLIC_URL')}/a/${app.slug}/updates/expo`;
  const isPublic = app.access[request.channel === 'production' ? 'production' : 'previews'] === 'public';
  const authorization = isPublic ? null : (c.req.header('Authorization') ?? null);
  const surroundings = { env: c.env, metadata: c.get('metadata'), feedUrl, authorization };
  const { headers, body } = await answerExpo(app, request, surroundings);
  return c.body(body, 200, headers);
});

updates.get('/a/:slug/updates/expo/assets/:deploymentId/:sha256', async (c) => {
  const { deploymentId, sha256 } = c.req.param();
  const app = await appOf(c);
  const isPossible = ObjectId.safeParse(deploymentId).success && Sha256.safeParse(sha256).success;
  const publication = isPossible ? await publicationOf(c.env, { id: deploymentId, appId: app.id }) : null;
  const response = publication && (await assetResponse(c.req.raw, c.get('objects'), publication, sha256));
  if (response === null) throw new AppFluxError('not_found', 'There is no such file of an update');
  return response;
});

async function appOf(c: Context<ApiEnv, '/a/:slug/*'>): Promise<AppRecord> {
  const slug = Slug.safeParse(c.req.param('slug'));
  const app = slug.success ? await c.get('metadata').apps.bySlug(slug.data) : null;
  if (app === null) throw new AppFluxError('not_found', 'There is no such app');
  return app;
}

/** The release of the App that a path names. */
async function releaseOf(c: Context<ApiEnv, '/a/:slug/*'>): Promise<FeedRelease> {
  const published = await publishedApp(c.get('metadata'), c.req.param('slug'));
  if (published === null) throw new AppFluxError('not_found', 'There is no such app');
  if (published.release === null) {
    throw new AppFluxError('not_found', 'This app has no release yet', {
      hint: 'A production deployment that succeeds becomes the release.',
    });
  }
  const { app, release } = published;
  const { notes } = await c.get('metadata').details.of(release.id);
  const facts = { releasedAt: app.releasedAt, notes: notes?.text ?? null };
  return feedRelease(release, setting(c.env, 'PUBLIC_URL'), facts);
}
