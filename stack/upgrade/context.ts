/** What the steps of an upgrade share. */
import type { Client } from '@appflux/client';
import type { Progress } from '../progress.ts';
import { isLocked, lockState } from '../state.ts';
import type { UpgradeOptions } from './arguments.ts';
import type { Checkout, Position, Target } from './checkout.ts';
import type { Running } from './running.ts';
import type { Sample } from './self-check.ts';

export interface Upgrade {
  /** The checkout, absolute. */
  readonly root: string;
  readonly options: UpgradeOptions;
  readonly progress: Progress;
  /** Aborts when the command is to end: it then goes back. */
  readonly signal: AbortSignal;
}

/** Exit codes. */
export const UPGRADED = 0;
/** The version before runs, with its data. */
export const WENT_BACK = 1;
/** Neither version could be started. */
export const STRANDED = 2;

/** What the steps after the preparation know. */
export interface Context extends Upgrade {
  readonly checkout: Checkout;
  readonly running: Running;
  readonly url: string;
  readonly client: Client;
  readonly before: Position;
  readonly target: Target;
  readonly versions: { readonly old: string; readonly new: string };
  readonly sample: Sample;
}

/** Nobody else may start the instance meanwhile, such as a supervisor that sees it end. */
export async function locked(state: string, work: () => Promise<void>): Promise<void> {
  const unlock = await lockState(state);
  try {
    await work();
  } finally {
    unlock();
  }
}

/** Whether an instance that was started has ended. It has locked its state after some seconds. */
export function ended({ state }: Running): () => Promise<boolean> {
  const startedAt = performance.now();
  let wasLocked = false;
  return async () => {
    const isThere = await isLocked(state);
    wasLocked ||= isThere;
    return !isThere && (wasLocked || performance.now() - startedAt > 60_000);
  };
}
