/** The body of a notification: what a webhook is sent as JSON, and what the messages of other kinds are made from. */
import { type DeliveryEvent, type Deployment, type Failure, type Phase, utf8Bytes } from '@appflux/protocol';
import { type ErrorPlace, errorPlace } from './error-place.ts';

export interface NotificationBody {
  event: DeliveryEvent;
  /** The id of the delivery: the same in each attempt. */
  id: string;
  /** When it happened, ISO 8601. */
  at: string;
  /** Null in a test. */
  app: { slug: string; name: string } | null;
  deployment: Deployment | null;
  /** Why it failed: the first error of the log, and where that is; null unless it failed. */
  error: { message: string; phase: Phase | null; place: ErrorPlace | null } | null;
}

/** How large a body may be in JSON, in bytes, and how many artifacts a larger one keeps. */
const MAX_BODY_BYTES = 512 * 1024;
const MOST_ARTIFACTS = 50;

/** The body of an event of a deployment. */
export function bodyOf(
  event: DeliveryEvent,
  id: string,
  at: string,
  deployment: Deployment,
): NotificationBody {
  const { failure } = deployment;
  return {
    event,
    id,
    at,
    app: deployment.app,
    deployment: fitted(deployment),
    error: failure && {
      message: failure.message,
      phase: failure.phase,
      place: placeOf(failure),
    },
  };
}

/** Where the runner found the error; from the message if it reported no place, as earlier versions do. */
function placeOf({ location, message }: Failure): ErrorPlace | null {
  if (location === undefined) return errorPlace(message);
  const { path, line, column } = location;
  return { file: path, line, column };
}

/** The body of a test. */
export const testBody = (id: string, at: string): NotificationBody => ({
  event: 'test',
  id,
  at,
  app: null,
  deployment: null,
  error: null,
});

/** The deployment without what makes it very large: facts about its artifacts, and its plan. */
function fitted(deployment: Deployment): Deployment {
  if (utf8Bytes(JSON.stringify(deployment)) <= MAX_BODY_BYTES) return deployment;
  const artifacts = deployment.artifacts
    .slice(0, MOST_ARTIFACTS)
    .map((artifact) => ({ ...artifact, meta: {} }));
  return { ...deployment, plan: null, artifacts };
}
