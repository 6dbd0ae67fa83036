/** The app that a folder is deployed to; makes it if there is none. */
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { allItems } from '@appflux/client';
import { type App, isAppFluxError, RESERVED_SLUGS, Slug } from '@appflux/protocol';
import { writeProject } from '../config/project.ts';
import type { Context, Session } from '../context.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { choose, confirm, text } from '../prompts.ts';
import { findApp } from '../target.ts';

export interface ChooseOptions {
  /** The folder that is deployed. */
  readonly folder: string;
  readonly named: string | undefined;
  /** Asks nothing, and makes what is missing. */
  readonly yes: boolean;
}

/** A slug from a name: lower-case letters, digits and hyphens. Empty if nothing is left of it. */
export const slugFrom = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');

/**
 * The app for a folder: the one that was named, that of the link, or one that a person chooses. It is made if there is
 * none of that slug, after a question on a terminal. The folder is linked to what a person chose.
 * @throws CliProblem `usage` without an app and without anybody to ask
 */
export async function chooseApp(context: Context, session: Session, options: ChooseOptions): Promise<App> {
  const asks = context.output.interactive && !options.yes;
  const slug = await findApp(context, session, options.named, options.folder);
  if (slug !== null) return (await existing(session, slug)) ?? (await make(context, session, slug, asks));
  const suggested = await suggestedSlug(options.folder);
  if (!asks) {
    if (options.yes && suggested !== '') {
      return (await existing(session, suggested)) ?? make(context, session, suggested, false);
    }
    throw new CliProblem(
      EXIT.usage,
      'No app was named, and this folder isn’t linked to one.',
      'Add --app SLUG, or run "appflux link".',
    );
  }
  const app = await ask(context, session, suggested);
  await link(context, session, options.folder, app.slug);
  return app;
}

/** Links a folder to an app, so that commands in it need no --app. */
export async function link(context: Context, { url }: Session, folder: string, slug: string): Promise<void> {
  await writeProject(folder, { url, app: slug });
  context.output.note(`Linked ${folder} to ${slug} (.appflux/project.json).`);
}

/** Lets a person choose an app, or name a new one. */
async function ask(context: Context, session: Session, suggested: string): Promise<App> {
  const NEW = '';
  const apps = await allItems(session.client.apps.list);
  const chosen =
    apps.length === 0
      ? NEW
      : await choose(context, 'Which app?', [
          { value: NEW, label: 'A new app' },
          ...apps.map(({ slug, name }) => ({ value: slug, label: `${slug} (${name})` })),
        ]);
  const found = apps.find(({ slug }) => slug === chosen);
  if (found !== undefined) return found;
  const slug = await text(context, 'Slug of the new app', slugProblem, suggested);
  return (await existing(session, slug)) ?? make(context, session, slug, false);
}

function slugProblem(slug: string): string | undefined {
  const parsed = Slug.safeParse(slug);
  if (!parsed.success) return parsed.error.issues[0]?.message;
  return RESERVED_SLUGS.has(slug) ? `"${slug}" is reserved.` : undefined;
}

/** The app of a slug; null if there is none. */
export async function existing({ client }: Session, slug: string): Promise<App | null> {
  try {
    return await client.apps.get(slug);
  } catch (error) {
    if (isAppFluxError(error, 'not_found')) return null;
    throw error;
  }
}

async function make(context: Context, { client }: Session, slug: string, asks: boolean): Promise<App> {
  if (asks && !(await confirm(context, `There is no app "${slug}". Create it?`))) {
    throw new CliProblem(EXIT.usage, 'Nothing was deployed.');
  }
  const app = await client.apps.create({ name: slug, slug, source: { provider: 'upload' } });
  context.output.note(`Created the app ${app.slug}.`);
  return app;
}

/** What a new app would be called: the name in package.json, else that of the folder. */
async function suggestedSlug(folder: string): Promise<string> {
  const slug = slugFrom((await packageName(folder)) ?? basename(resolve(folder)));
  return RESERVED_SLUGS.has(slug) ? '' : slug;
}

async function packageName(folder: string): Promise<string | null> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const name =
      typeof manifest === 'object' && manifest !== null && 'name' in manifest ? manifest.name : null;
    return typeof name === 'string' && slugFrom(name) !== '' ? name.replace(/^@[^/]*\//, '') : null;
  } catch {
    // Missing, or no JSON: this is only a suggestion, and the build reports a broken one.
    return null;
  }
}
