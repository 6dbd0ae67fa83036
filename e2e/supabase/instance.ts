/**
 * An instance whose users are in a Supabase project, with a browser that records everything that is sent to the
 * project.
 */
import type { Browser } from 'playwright-core';
import { ensureDashboard } from '../../stack/dashboard.ts';
import { linkTo } from '../../stack/stand-ins/supabase/browser.ts';
import type { Settings } from '../../stack/stand-ins/supabase/project.ts';
import { realServer, startReal } from '../../stack/stand-ins/supabase/real.ts';
import { type RunningProject, startStandIn } from '../../stack/stand-ins/supabase/start.ts';
import { SILENT } from '../../stack/testing/silent.ts';
import { type WatchedPage, watchedPage } from '../browser/watched-page.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

export const PASSWORD = 'correct horse battery';

/** Unique to this run: a real server's database persists. */
const run = Date.now();

/** The GitHub account that the consent page offers. */
export const HUB = { id: run, name: `hub${run}` };

let count = 0;

/** An email that nobody has used. */
export function anyone(name: string): string {
  count += 1;
  return `${name}-${run}-${count}@example.com`;
}

/** Where the tests run: on the stand-in, and on the real server if this machine has one. */
export const SERVERS: [string, (settings: Partial<Settings>) => Promise<RunningProject>][] = [
  ['the stand-in', (settings) => startStandIn(settings, [HUB])],
];
const real = realServer();
if (real !== null) SERVERS.push(['the real server', (settings) => startReal(real, settings, [HUB])]);

export interface ProjectInstance {
  edge: EdgeInstance;
  project: RunningProject;
  stop(): Promise<void>;
}

/** Starts a project and an instance that uses it. */
export async function startWith(
  start: (settings: Partial<Settings>) => Promise<RunningProject>,
  settings: Partial<Settings>,
  variables: Record<string, string> = {},
): Promise<ProjectInstance> {
  await ensureDashboard(ROOT, process.env, SILENT);
  // The port of the instance isn't known yet; Supabase Auth ignores the one of a loopback site URL.
  const project = await start({
    siteUrl: 'http://localhost:3000',
    secondsBetweenMails: 0,
    mailsPerHour: 1000,
    ...settings,
  });
  const edge = await startInstance({
    variables: { SUPABASE_URL: project.url, SUPABASE_ANON_KEY: project.key, ...variables },
  });
  await new Client(edge).createApp({ name: 'Shop' });
  return {
    edge,
    project,
    stop: async () => {
      await edge.stop();
      await project.stop();
    },
  };
}

export interface Visitor extends WatchedPage {
  /** Everything that this browser sent to the project or to GitHub: URLs, headers and bodies. */
  sent: string[];
}

/** A new visitor with a browser context of their own. */
export async function visitor(browser: Browser, { project }: ProjectInstance): Promise<Visitor> {
  const watched = await watchedPage(browser);
  const sent: string[] = [];
  watched.page.context().on('request', (request) => {
    if (!request.url().startsWith(new URL(project.url).origin)) return;
    sent.push(`${request.url()} ${JSON.stringify(request.headers())} ${request.postData() ?? ''}`);
  });
  return { ...watched, sent };
}

/** Opens the newest link that was sent to an address. */
export async function openEmail(who: Visitor, { project }: ProjectInstance, email: string): Promise<void> {
  await who.page.goto(await linkTo(project, email));
}

/** The token of an invitation link. */
export const tokenIn = (link: string): string =>
  new URLSearchParams(new URL(link).hash.slice(1)).get('token') ?? '';
