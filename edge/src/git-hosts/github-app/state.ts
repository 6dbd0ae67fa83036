/**
 * What GitHub carries back to us after a person was there: who they are, for which team, and until when. Signed, so that
 * nobody else can make one, and worth nothing in another person's session.
 */
import { AppFluxError } from '@appflux/protocol';
import { z } from 'zod';
import type { Env } from '../../env.ts';
import { seal, unseal } from '../../sites/access/signed.ts';

/** How long a person may stay at GitHub, in milliseconds. GitHub's own codes of a manifest are valid for an hour. */
const VALID_MS = 3600_000;

const State = z.strictObject({
  /** `app`: registering the App. `installation`: connecting an installation with a team. */
  step: z.enum(['app', 'installation']),
  userId: z.string(),
  teamId: z.string(),
  /** Unix milliseconds. */
  expiresAt: z.number(),
});
export type StateFacts = Omit<z.infer<typeof State>, 'expiresAt'>;

/** A state for a step that begins at `now` (Unix milliseconds). */
export const createState = (env: Env, facts: StateFacts, now: number): Promise<string> =>
  seal(env, 'github-state', JSON.stringify({ ...facts, expiresAt: now + VALID_MS }));

/**
 * Throws AppFluxError `unprocessable` unless the state was made for this step by this person in this team, and has not
 * expired at `now`.
 */
export async function requireState(env: Env, given: string, facts: StateFacts, now: number): Promise<void> {
  const text = await unseal(env, 'github-state', given);
  const state = text === null ? undefined : State.safeParse(JSON.parse(text)).data;
  if (state !== undefined && state.expiresAt > now) {
    const { step, userId, teamId } = facts;
    if (state.step === step && state.userId === userId && state.teamId === teamId) return;
  }
  throw new AppFluxError('unprocessable', 'This link to GitHub has expired, or was made for someone else', {
    hint: 'Start again in the dashboard under Settings, Git, signed in with the same account and team.',
  });
}
