/**
 * Bounds what one token makes the control plane do, before anything is looked up for it. Each instance of the Worker
 * counts by itself: on one machine there is one, on Cloudflare a caller mostly reaches the same.
 */
import { AppFluxError } from '@appflux/protocol';
import { createMiddleware } from 'hono/factory';
import type { Env } from '../../env.ts';
import { hashOf, tokenOf } from '../../identity/request-token.ts';
import { inSeconds } from '../../seconds.ts';
import type { Allowance } from '../../sockets/budget.ts';
import type { ApiEnv } from '../router.ts';
import { CallBudgets } from './budgets.ts';
import { costOf } from './cost.ts';

const budgets = new CallBudgets();

/** For how many seconds' worth of calls a caller may save up. */
const BURST_SECONDS = 20;

/**
 * Refuses a caller who has made too many calls, with 429 and `Retry-After`. A deploy hook is a caller, too: its address
 * holds its token. Calls without a token are not counted.
 */
export const callBudget = createMiddleware<ApiEnv>(async (c, next) => {
  const token = c.req.path.startsWith('/hooks/deploy/') ? c.req.path : tokenOf(c.req.raw);
  if (token !== null) {
    const caller = await hashOf(c.req.raw, token);
    const cost = costOf(c.req.method, c.req.path);
    const wait = budgets.spend(caller, cost, allowanceOf(c.env), Date.now());
    if (wait > 0) throw tooManyCalls(wait);
  }
  await next();
});

/** What `CALLS_PER_SECOND` says, or nothing to wait for when that is no number. */
function allowanceOf({ CALLS_PER_SECOND }: Env): Allowance {
  const perSecond = Number(CALLS_PER_SECOND) || Number.MAX_SAFE_INTEGER;
  return { burst: perSecond * BURST_SECONDS, perSecond };
}

function tooManyCalls(waitMs: number): AppFluxError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  return new AppFluxError('too_many_requests', 'Too many calls with this token', {
    hint: `Call again in ${inSeconds(retryAfterSeconds)}. docs/limits.md says how many calls a token has.`,
    retryAfterSeconds,
  });
}
