/** Sources of servers, for fixtures. */
import type { Plan, ServerPlan } from '@appflux/protocol';
import { type Fixture, json, type SourceFiles } from '../fixture.ts';

/** A source that is published with its server. */
export const server = (
  files: SourceFiles,
  plan: ServerPlan,
  more: Partial<Plan> = {},
  because: readonly string[] = [],
): Fixture => ({
  servers: true,
  files,
  plan: { type: 'web', server: plan, outputs: ['.appflux-server'], ...more },
  because,
});

/** A source that is refused. */
export const refused = (files: SourceFiles, message: string, hint = ''): Fixture => ({
  servers: true,
  files,
  message,
  hint,
});

/** A package.json of a server: its packages, and its scripts. */
export const node = (
  dependencies: Readonly<Record<string, string>>,
  scripts: Readonly<Record<string, string>>,
  more: Readonly<Record<string, unknown>> = {},
) => json({ name: 'api', version: '1.0.0', scripts, dependencies, ...more });

/** A program that answers requests. */
export const LISTENS = "const app = express(); app.get('/api/x', handle); app.listen(process.env.PORT)";
