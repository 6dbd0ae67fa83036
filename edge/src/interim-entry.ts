/** What tests run in until index.ts is there. */
import { DurableObject } from 'cloudflare:workers';
import { AppFluxError } from '@appflux/protocol';
import { ops } from './api/ops.ts';
import { router } from './api/router.ts';
import { tokens } from './api/tokens.ts';
import { auth } from './identity/auth.ts';
import { metadataOf } from './metadata/index.ts';

export class DeploymentObject extends DurableObject {}
export class PoolObject extends DurableObject {}

const api = router();
api.onError((error, c) => {
  if (!(error instanceof AppFluxError)) throw error;
  return c.json(error.toBody(), error.status);
});
api.use(async (c, next) => {
  c.set('metadata', metadataOf(c.env));
  await next();
});
api.route('/', tokens);
api.route('/', ops);
api.route('/auth/v1', auth);
export default api;
