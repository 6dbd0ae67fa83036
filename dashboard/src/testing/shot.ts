/** What screenshots are taken of. */
import { AppFluxError } from '@appflux/protocol';
import type { Page } from 'playwright-core';
import { sampleWorld } from './sample-world.ts';
import type { World } from './world.ts';

/** A page to take a picture of. */
export interface Shot {
  name: string;
  path: string;
  world?: () => World;
  /** Actions on the page before the screenshot. */
  act?: (page: Page) => Promise<void>;
  signedOut?: boolean;
  /** Captures the window, not the whole page. */
  window?: boolean;
}

/** A world in which a call is refused. */
export const refusing = (call: string, error: AppFluxError) => () => {
  const world = sampleWorld();
  world.refusals.set(call, error);
  return world;
};
/** A world in which calls never get a response. */
export const hanging =
  (...calls: string[]) =>
  () => {
    const world = sampleWorld();
    for (const call of calls) world.hanging.add(call);
    return world;
  };
/** The error of an instance that is partly down. */
export const away = new AppFluxError('unavailable', 'The metadata store doesn’t respond.', {
  hint: 'Check that AppFlux is running, then try again.',
});
/** The first button of this name. */
export const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first();
