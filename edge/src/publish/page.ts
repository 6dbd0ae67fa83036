/** `/a/:slug`: an App's public page, and the pages of its versions. */
import type { ReleaseDetails } from '@appflux/protocol';
import type { Context } from 'hono';
import { isKnown } from '../http/range.ts';
import { type ApiEnv, router } from '../http/router.ts';
import type { AppRecord, DeploymentRecord } from '../metadata/metadata.ts';
import { isSite } from '../metadata/sites.ts';
import { setting } from '../settings.ts';
import { siteUrl } from '../sites/hosts/domain.ts';
import { appLabel } from '../sites/hosts/labels.ts';
import { hex } from '../storage/hex.ts';
import { pagePath, versionPath } from './addresses.ts';
import { systemOf } from './device.ts';
import { answer, draw } from './drawn.ts';
import type { System } from './file-kind.ts';
import { drawn } from './picture.ts';
import {
  earlierVersions,
  isSiteArchive,
  publishedApp,
  publishedDetails,
  publishedVersion,
  typeOf,
} from './release.ts';
import { releaseDocument } from './release-view.ts';
import { missingDocument, unreleasedDocument } from './state-view.ts';
import { versionDocument } from './version-view.ts';

/** Raised when the pages' looks change, so that none drawn before is served from a cache. */
const LOOKS = 5;

export const pages = router();

pages.get('/a/:slug', async (c) => {
  const published = await publishedDetails(c.get('metadata'), c.req.param('slug'));
  if (published === null) return answer(await draw(missingDocument('page')), 404);
  const { app, release, details } = published;
  const site = siteOf(c, published);
  if (site !== null && release?.artifacts.every(isSiteArchive) === true) return toSite(site);
  const page =
    release === null
      ? await draw(unreleasedDocument(app, address(c, pagePath(app.slug))))
      : await releasePage(c, { app, release, site, details });
  return unlessKnown(c, page);
});

pages.get('/a/:slug/versions/:id', async (c) => {
  const published = await publishedApp(c.get('metadata'), c.req.param('slug'));
  const version = published && (await publishedVersion(c.get('metadata'), published.app, c.req.param('id')));
  if (published === null || version === null) return answer(await draw(missingDocument('page')), 404);
  const { app } = published;
  const document = versionDocument({
    app,
    version,
    details: await c.get('metadata').details.of(version.id),
    address: address(c, versionPath(app.slug, version.id)),
  });
  return unlessKnown(c, await draw(document, `${version.id}-`));
});

pages.get('/a/:slug/versions/:id/icon', async (c) => {
  const metadata = c.get('metadata');
  const published = await publishedApp(metadata, c.req.param('slug'));
  const version = published && (await publishedVersion(metadata, published.app, c.req.param('id')));
  const icon = version && (await metadata.details.of(version.id)).icon;
  if (icon === null) return answer(await draw(missingDocument('page')), 404);
  return drawn(
    c.req.raw,
    Uint8Array.from(atob(icon.content), (byte) => byte.charCodeAt(0)),
    {
      type: icon.type,
      status: 200,
      // What a build delivered never changes.
      cacheControl: 'public, max-age=31536000, immutable',
    },
  );
});

/** Where the site of an App's release is; null where it is none, or the instance has no domain for sites. */
const siteOf = (
  c: Context<ApiEnv>,
  { app, release }: { app: AppRecord; release: DeploymentRecord | null },
) => (release !== null && isSite(release) ? siteUrl(c.env, appLabel(app.slug)) : null);

/** For an App that is a site, its page is the site. Asked again each time: the next release may have files. */
const toSite = (site: string): Response =>
  new Response(null, { status: 302, headers: { Location: site, 'Cache-Control': 'no-cache' } });

const address = (c: Context<ApiEnv>, path: string) => `${setting(c.env, 'PUBLIC_URL')}${path}`;

/** The page, or that the visitor has it. */
function unlessKnown(c: Context<ApiEnv>, page: Response): Response {
  const known = isKnown(c.req.raw.headers.get('If-None-Match'), page.headers.get('ETag') ?? '');
  return answer(page, known ? 304 : 200);
}

/** What a page is about. */
interface Shown {
  readonly app: AppRecord;
  readonly release: DeploymentRecord;
  readonly details: ReleaseDetails;
  /** Where its site is; null for a release that is none. */
  readonly site: string | null;
}

/** The page of a release, from the data center's cache when it was drawn there before. */
async function releasePage(c: Context<ApiEnv>, shown: Shown): Promise<Response> {
  const { app, release } = shown;
  const system = systemOf(c.req.raw.headers);
  const key = await cacheKey(address(c, pagePath(app.slug)), shown, system);
  const kept = await caches.default.match(key);
  if (kept !== undefined) return kept;
  const earlier = await earlierVersions(c.get('metadata'), release);
  const view = { ...shown, earlier, system, address: address(c, pagePath(app.slug)) };
  const page = await draw(await releaseDocument(view), `${release.id}-`);
  c.executionCtx.waitUntil(caches.default.put(key, page.clone()));
  return page;
}

/**
 * All that the page depends on is in the key: what changes is a new key, and shows immediately. `page` is the page's own
 * URL: the host of a request is any that a client names.
 */
async function cacheKey(
  page: string,
  { app, release, details, site }: Shown,
  system: System | null,
): Promise<string> {
  const said = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(details)));
  const key = new URL(page);
  key.search = new URLSearchParams({
    release: release.id,
    name: app.name,
    type: typeOf(app) ?? '',
    system: system ?? '',
    details: hex(said),
    site: site ?? '',
    looks: String(LOOKS),
  }).toString();
  return key.toString();
}
