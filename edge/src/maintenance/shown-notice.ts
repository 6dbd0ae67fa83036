/** The notice as pages show it, which every one of them asks for. */
import type { MaintenanceNotice } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { maintenanceOf } from './object.ts';

/** How long an isolate relies on what it has read, in milliseconds. Pools ask the object itself. */
const FRESH_FOR_MS = 1_000;

let known: { readonly notice: MaintenanceNotice | null; readonly readAt: number } | null = null;

/** Counts what was forgotten, so that an answer that was on its way meanwhile isn't remembered. */
let forgotten = 0;

/** Since when the instance is in maintenance, and why; null if it isn't. Another isolate may have changed it a second ago. */
export async function shownNotice(env: Pick<Env, 'MAINTENANCE'>): Promise<MaintenanceNotice | null> {
  const now = Date.now();
  // A clock that was set back must not keep it.
  if (known !== null && now - known.readAt < FRESH_FOR_MS && now >= known.readAt) return known.notice;
  const before = forgotten;
  const notice = await maintenanceOf(env).notice();
  if (before === forgotten) known = { notice, readAt: now };
  return notice;
}

/** Forgets what was read. Call it when the notice has changed. */
export function forgetNotice(): void {
  forgotten += 1;
  known = null;
}
