/**
 * For how many hosts a team may get certificates. Certificate authorities limit how many a domain gets in a week, so one
 * team could use up what all sites of an instance share. Source: https://letsencrypt.org/docs/rate-limits/
 */
import type { Env } from '../env.ts';
import { throttleOf } from '../throttle/index.ts';
import type { Rule } from '../throttle/rule.ts';

const DAY_MS = 24 * 3600 * 1000;
const WEEK_MS = 7 * DAY_MS;

/** New hosts of a team within a week, unless CERTIFICATES_PER_TEAM says otherwise. */
const USUAL = 20;

/** A host counts again when its certificate is renewed, which is after two months with the usual authorities. */
const SAME_HOST: Rule = { free: 1, firstWaitMs: 60 * DAY_MS, longestWaitMs: 60 * DAY_MS };

/** A burst of as many as a week allows, then one at a time. */
export function teamRule(perWeek: number): Rule {
  const each = Math.ceil(WEEK_MS / perWeek);
  return { free: perWeek, firstWaitMs: each, longestWaitMs: each };
}

/**
 * Counts a certificate of a host for its team, once however often it is asked for. Gives in how many milliseconds to ask
 * again; 0 when it is allowed.
 */
export async function countCertificate(env: Env, ownerId: string, host: string): Promise<number> {
  const perWeek = Math.max(1, Math.floor(Number(env.CERTIFICATES_PER_TEAM)) || USUAL);
  const ofHost = await throttleOf(env, host, [{ what: 'certificate', whom: [host], rule: SAME_HOST }]);
  if ((await ofHost.count()) > 0) return 0;
  const ofTeam = await throttleOf(env, ownerId, [
    { what: 'certificates of a team', whom: [ownerId], rule: teamRule(perWeek) },
  ]);
  const wait = await ofTeam.count();
  if (wait > 0) await ofHost.wasRight();
  return wait;
}
