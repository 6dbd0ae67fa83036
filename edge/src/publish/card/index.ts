/** `/a/-/card/:hue.png`: the picture of a link to a download page. `-` is no slug. */
import { router } from '../../http/router.ts';
import { setting } from '../../settings.ts';
import { cardPath } from '../addresses.ts';
import { answer, draw } from '../drawn.ts';
import { drawn } from '../picture.ts';
import { missingDocument } from '../state-view.ts';
import { cardPng } from './draw.ts';

export const cards = router();

cards.get('/a/-/card/:picture', async (c) => {
  const hue = Number(/^(0|[1-9]\d{0,2})\.png$/.exec(c.req.param('picture'))?.[1] ?? Number.NaN);
  if (!(hue < 360)) return answer(await draw(missingDocument('page')), 404);
  // Of the request's URL, anybody can choose the host and the query: each would be cached on its own.
  const key = setting(c.env, 'PUBLIC_URL') + cardPath(hue);
  const kept = await caches.default.match(key);
  if (kept !== undefined) return kept;
  const picture = await drawn(c.req.raw, cardPng(hue), {
    type: 'image/png',
    status: 200,
    // A day: it never changes, unless the drawing does.
    cacheControl: 'public, max-age=86400',
  });
  if (picture.status === 200) c.executionCtx.waitUntil(caches.default.put(key, picture.clone()));
  return picture;
});
