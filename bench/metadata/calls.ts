/** The requests that people make of lists, as calls of the HTTP API. */
import type { Client } from '../../e2e/instance/client.ts';
import type { Team } from './records.ts';

export interface Call {
  readonly name: string;
  readonly path: string;
}

/** The measured calls. The cursors come from following the lists. */
export function callsOf({ apps, busy }: Team): Call[] {
  const half = apps[Math.floor(apps.length / 2)] ?? busy;
  const own = `/api/apps/${busy.slug}/deployments`;
  return [
    { name: 'one app', path: `/api/apps/${half.slug}` },
    { name: 'apps, first page', path: '/api/apps' },
    { name: 'apps, a page in the middle', path: `/api/apps?cursor=${half.id}` },
    { name: 'apps by a name that many have', path: '/api/apps?q=harbor' },
    { name: 'apps by a name that one has', path: `/api/apps?q=${encodeURIComponent(half.name)}` },
    { name: 'apps by a name that none has', path: '/api/apps?q=zeppelin' },
    { name: 'deployments of an app, first page', path: own },
    { name: 'deployments of an app that failed', path: `${own}?status=failed` },
    { name: 'newest deployments of the team', path: '/api/deployments' },
    { name: 'those that failed', path: '/api/deployments?status=failed' },
    { name: 'analytics of 30 days', path: '/api/analytics?days=30' },
    { name: 'analytics of 90 days', path: '/api/analytics?days=90' },
    { name: 'analytics of an app, 90 days', path: `/api/analytics?days=90&app=${busy.slug}` },
  ];
}

/** A call that a backend was too slow for. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
}

/** Makes a call, reads the whole answer, and returns how long that took in milliseconds. Throws TooSlow. */
export async function timed(client: Client, { path }: Call): Promise<number> {
  const began = performance.now();
  const answer = await client.fetch('GET', path);
  const text = await answer.text();
  if (answer.status === 503) throw new TooSlow(`${path} was answered ${text}`);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
  return performance.now() - began;
}
