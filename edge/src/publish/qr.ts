/** `/qr/ID.svg`: a code that leads a phone to what a deployment has published, for comments on pull requests. */
import { ObjectId } from '@appflux/protocol';
import { addressesOf, toDeployment } from '../deployment/record.ts';
import { router } from '../http/router.ts';
import { qrCode } from './icon.ts';
import { drawn } from './picture.ts';

/** How long it may be kept, in seconds: where a deployment's site is never changes. */
const KEPT_SECONDS = 86_400;

export const qrCodes = router();

/** The code says where the site is and nothing else; who may open that is decided there. */
qrCodes.get('/qr/:file', async (c) => {
  const [, id = ''] = /^(.+)\.svg$/.exec(c.req.param('file')) ?? [];
  const found = ObjectId.safeParse(id).success ? await c.get('metadata').deployments.byId(id) : null;
  const { site, page } = found === null ? {} : toDeployment(found, addressesOf(c.env)).urls;
  const url = site ?? page;
  if (url === undefined) return c.notFound();
  return drawn(c.req.raw, String(await qrCode(url)), {
    type: 'image/svg+xml; charset=utf-8',
    status: 200,
    cacheControl: `public, max-age=${KEPT_SECONDS}`,
  });
});
