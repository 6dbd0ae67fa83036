/** Projects that render on a server: published with it, or refused. */
import type { ServerKind } from '@appflux/protocol';
import { because } from '../../../reason.ts';
import type { Refusal, ServerUse } from '../../rule.ts';
import type { Output } from '../site.ts';

/** Where a packager writes a server and says where the files beside it are (builder-images/web/server). */
export const SERVER_OUTPUT = '.appflux-server';

/** Whether a server can be published at all. */
export const mayPublish = (servers: ServerUse): boolean => servers === 'wanted' || servers === 'possible';

/** What a server is made of. */
export interface ServerProgram {
  readonly kind: ServerKind;
  /** Relative to the project's folder. */
  readonly entry: string | null;
  /** The id in the plan. */
  readonly framework: string;
  /** What it is and why, as a sentence without its end. */
  readonly what: string;
}

/** A project that renders on a server. */
export interface ServerSite {
  readonly servers: ServerUse;
  readonly kind: ServerKind;
  readonly entry?: string | null;
  /** What it is and why, as a sentence without its end: `This Next.js project renders on a server: …`. */
  readonly what: string;
  /** What makes static files of it. */
  readonly hint: string;
}

/** The project with its server; a refusal where this instance or the project's settings want none. */
export function withServer({ servers, kind, entry = null, what, hint }: ServerSite): Output | Refusal {
  if (!mayPublish(servers)) return needsServer(what, hint, servers);
  return {
    outputs: [SERVER_OUTPUT],
    server: { kind, entry },
    reasons: [
      because('framework', `${what}. It is published with its server.`),
      because('output', `Output: ${SERVER_OUTPUT}, which AppFlux creates after the build.`),
    ],
  };
}

/** A refusal of a project that needs a server where none is published. */
export const needsServer = (what: string, hint: string, servers: ServerUse): Refusal => ({
  refusal: `${what}. ${servers === 'declined' ? 'The settings ask for static files only' : 'This instance publishes static files; it doesn’t run servers'}.`,
  hint: servers === 'unavailable' ? `${hint} ${ASK_OPERATOR}` : hint,
});

const ASK_OPERATOR = 'To publish the project with its server, ask the operator to enable servers of sites.';
