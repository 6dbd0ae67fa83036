/** Which app and which deployment a command is about. */
import { ObjectId, Slug } from '@appflux/protocol';
import type { Context, Session } from './context.ts';
import { CliProblem } from './errors/problem.ts';
import { EXIT } from './exit.ts';

export const APP_OPTION = ['--app <slug>', 'the app; by default that of the linked folder'] as const;

export interface AppFlag {
  readonly app?: string;
}

/** A slug as it was typed. @throws CliProblem `usage` if it is none */
export function checkedSlug(text: string): string {
  const parsed = Slug.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CliProblem(
    EXIT.usage,
    `"${text}" is not the slug of an app: ${parsed.error.issues[0]?.message ?? 'invalid'}.`,
    'Run "appflux apps" to see all apps.',
  );
}

/** The app that was named, or that a folder is linked to; null if there is neither. */
export async function findApp(
  context: Context,
  { url }: Pick<Session, 'url'>,
  named: string | undefined,
  folder?: string,
): Promise<string | null> {
  if (named !== undefined) return checkedSlug(named);
  const project = await context.project(folder);
  // A link to another instance is about another app, even if that has the same slug.
  return project !== null && project.url === url ? project.app : null;
}

/** The same, where an app is needed. @throws CliProblem `usage` if there is none */
export async function requireApp(context: Context, session: Session, named?: string): Promise<string> {
  const app = await findApp(context, session, named);
  if (app !== null) return app;
  throw new CliProblem(
    EXIT.usage,
    'No app was named, and this folder isn’t linked to one.',
    'Add --app SLUG, or run "appflux link".',
  );
}

/** The id of a deployment as it was typed. @throws CliProblem `usage` if it is none */
export function checkedId(text: string): string {
  const parsed = ObjectId.safeParse(text.trim().toLowerCase());
  if (parsed.success) return parsed.data;
  throw new CliProblem(
    EXIT.usage,
    `"${text}" is not the id of a deployment: 24 hexadecimal digits.`,
    'Run "appflux list" to see the deployments.',
  );
}

/** The deployment that was named, or the newest one of the app. @throws CliProblem `usage` if there is none */
export async function deploymentId(
  context: Context,
  session: Session,
  typed: string | undefined,
  app?: string,
): Promise<string> {
  if (typed !== undefined) return checkedId(typed);
  const slug = await requireApp(context, session, app);
  const { items } = await session.client.deployments.listOf(slug, { limit: 1 });
  const [newest] = items;
  if (newest !== undefined) return newest.id;
  throw new CliProblem(EXIT.usage, `${slug} has no deployments.`, 'Run "appflux deploy".');
}
