/** The operator of an instance: anyone who has its secret. */
import { AppFluxError } from '@appflux/protocol';
import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from '../http/router.ts';
import { authenticatePerson, bearsMetricsToken, bearsOperatorSecret } from '../identity/authenticate.ts';
import { setting } from '../settings.ts';

/** Allows callers with the operator's secret, whether or not the instance has an owner yet. */
export const operatorOnly = createMiddleware<ApiEnv>(async (c, next) => {
  setting(c.env, 'OPERATOR_SECRET');
  if (!(await bearsOperatorSecret(c.req.raw, c.env))) {
    throw new AppFluxError('unauthorized', 'This needs the operator secret of the instance', {
      hint: 'Send it in the header `Authorization: Bearer SECRET`.',
    });
  }
  await next();
});

/** Allows what only reads metrics: the operator, and the tokens that are made for it. */
export const metricsReader = createMiddleware<ApiEnv>(async (c, next) => {
  setting(c.env, 'OPERATOR_SECRET');
  const allowed =
    (await bearsOperatorSecret(c.req.raw, c.env)) || (await bearsMetricsToken(c.req.raw, c.get('metadata')));
  if (!allowed) {
    throw new AppFluxError('unauthorized', 'This needs a metrics token, or the operator secret', {
      hint: 'Create a token in the dashboard under Settings, Operations, and send it as `Authorization: Bearer TOKEN`.',
    });
  }
  await next();
});

/**
 * Lets through callers of the team of the instance's owner, and the operator, who acts for it: what concerns all teams
 * is not for the admins of every one. Comes after a middleware that sets `caller`.
 */
export const ofInstanceOnly = createMiddleware<ApiEnv>(async (c, next) => {
  const owner = await c.get('metadata').users.owner();
  if (owner?.id !== c.get('caller').ownerId) {
    throw new AppFluxError('forbidden', 'Only the team of the instance’s owner can do this', {
      hint: 'Ask the operator of this instance.',
    });
  }
  await next();
});

/**
 * Allows the operator, and the owner of the instance in person, whom the operator trusts; sets `person` for the latter.
 * Nobody else, and no token, whatever its scopes.
 */
export const operatorOrInstanceOwner = createMiddleware<ApiEnv>(async (c, next) => {
  if (!(await bearsOperatorSecret(c.req.raw, c.env))) {
    const metadata = c.get('metadata');
    const person = await authenticatePerson(c.req.raw, c.env, metadata);
    if ((await metadata.users.owner())?.id !== person.id) {
      throw new AppFluxError('forbidden', 'This is for the operator and the owner of this instance', {
        hint: 'Ask the operator of this instance.',
      });
    }
    c.set('person', person);
  }
  await next();
});
