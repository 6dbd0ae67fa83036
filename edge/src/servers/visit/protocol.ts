/** What the control plane and the server host say to each other beside protocol/src/server-site.ts. */

import { ObjectId, SERVER_LIMITS, StateScope } from '@appflux/protocol';
import { z } from 'zod';

/**
 * The base of all URLs between the two. Nothing resolves these names: requests go through a binding, or a Unix socket. The
 * URL that a visitor asked for is in the header VISIT_HEADER.
 */
export const SERVERS_URL = 'http://servers';
export const CONTROL_URL = 'http://control';

/** In an answer of the server host: why the site's server gave none. Servers can't set it. */
export const FAILURE_HEADER = 'X-AppFlux-Failure';

/**
 * `unavailable`: it could not be loaded because storage or the control plane doesn't respond. `missing`: the deployment has
 * no server any more. `threw`: it can't be loaded, or it threw an error instead of answering. `loop`: it calls itself
 * again and again.
 */
export const ServerFailure = z.enum(['unavailable', 'missing', 'threw', 'loop']);
export type ServerFailure = z.infer<typeof ServerFailure>;

/** Body of `POST /load`. */
export const LoadRequest = z.strictObject({
  appId: ObjectId,
  deploymentId: ObjectId,
  scope: StateScope,
});
export type LoadRequest = z.infer<typeof LoadRequest>;

/** Body of `POST /scheduled`: a run of the expression with this index in the server's `crons`. */
export const ScheduledRun = z.strictObject({
  appId: ObjectId,
  deploymentId: ObjectId,
  scope: StateScope,
  revision: z.string().min(1).max(64),
  cron: z.string().min(1).max(100),
  index: z
    .int()
    .min(0)
    .max(SERVER_LIMITS.crons - 1),
  /** When it was due, in Unix milliseconds. */
  scheduledTime: z.int().min(0),
});
export type ScheduledRun = z.infer<typeof ScheduledRun>;

/** In a request for `/assets`: whose assets, and the URL that the server asks for, as JSON. */
export const ASSETS_HEADER = 'X-AppFlux-Assets';
export const AssetsRequest = z.strictObject({ appId: ObjectId, deploymentId: ObjectId, url: z.url() });
export type AssetsRequest = z.infer<typeof AssetsRequest>;

/** Headers that only AppFlux itself sets. */
export const isInternalHeader = (name: string): boolean => name.startsWith('x-appflux-');
