/** `/a/:slug/badge.svg`: which version is released, for a README. */
import { router } from '../../http/router.ts';
import { drawn } from '../picture.ts';
import { publishedApp, versionOf } from '../release.ts';
import { badgeSvg } from './draw.ts';

/** How long a badge may be shown after a release, in seconds: a README is seen often. */
const KEPT_SECONDS = 60;

export const badges = router();

badges.get('/a/:slug/badge.svg', async (c) => {
  const published = await publishedApp(c.get('metadata'), c.req.param('slug'));
  const release = published?.release ?? null;
  const message = release !== null ? versionOf(release) : published === null ? 'not found' : 'none';
  const svg = badgeSvg({ label: 'release', message, state: release === null ? 'none' : 'good' });
  return drawn(c.req.raw, String(await svg), {
    type: 'image/svg+xml; charset=utf-8',
    status: published === null ? 404 : 200,
    cacheControl: published === null ? 'no-store' : `public, max-age=${KEPT_SECONDS}`,
  });
});
