/** Sources of frameworks on an instance that runs servers, for fixtures. */
import type { Plan, ServerPlan } from '@appflux/protocol';
import type { Fixture, SourceFiles } from '../fixture.ts';

/** A source whose site is published with its server. */
export const server = (
  files: SourceFiles,
  plan: Partial<ServerPlan> & Pick<ServerPlan, 'kind'>,
  more: Partial<Plan> = {},
): Fixture => ({
  servers: true,
  files,
  plan: { type: 'web', server: { entry: null, ...plan }, outputs: ['.appflux-server'], ...more },
});

/** A source of which files alone are published though the instance runs servers. */
export const files = (source: SourceFiles, outputs: string[], more: Partial<Plan> = {}): Fixture => ({
  servers: true,
  files: source,
  plan: { outputs, server: undefined, ...more },
});
