/** From a push to a local Git server to the site that shows it, on a warm cache. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../../e2e/instance/client.ts';
import type { EdgeInstance } from '../../e2e/instance/edge.ts';
import { startRunner } from '../../e2e/instance/runner.ts';
import { filesIn } from '../../e2e/source/zip.ts';
import { startGitServer } from '../../runner/src/job/prepare/testing/git-server.ts';
import { BareRepository } from '../../runner/src/job/prepare/testing/repository.ts';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { round } from '../report.ts';
import { median } from '../statistics.ts';
import { pushOf, signed } from './webhook.ts';

const PROJECT = join(import.meta.dirname, '..', '..', 'runner', 'fixtures', 'react-vite');

/** How often the site is asked whether it shows the push, in milliseconds. */
const EVERY_MS = 20;

/** Seconds by what they were spent on, in order. */
type Spent = readonly (readonly [string, number])[];

/** Pushes a change of one file so many times, after one push that fills the cache. Gives rows of a table. */
export async function pushesToLive(
  edge: EdgeInstance,
  client: Client,
  { pushes, progress }: { pushes: number; progress: (text: string) => void },
): Promise<(string | number)[][]> {
  await ensureWebImage(connectEngine());
  const folder = await mkdtemp(join(tmpdir(), 'appflux-bench-git-'));
  const repository = new BareRepository(folder, 'site.git');
  const server = await startGitServer(folder);
  const runner = await startRunner(edge);
  try {
    const files = Object.entries(await filesIn(PROJECT)).map(
      ([name, bytes]) => [name, bytes.toString()] as const,
    );
    const repoUrl = `${server.url}/site.git`;
    const { slug } = await client.createApp({
      name: 'Push',
      source: { provider: 'git', repoUrl, branch: 'main' },
    });
    const measured: Spent[] = [];
    for (let n = 0; n <= pushes; n += 1) {
      const mark = `push-${n}-${Date.now()}`;
      const entries = Object.fromEntries(
        files.map(([name, text]) => [
          name,
          name === 'index.html' ? text.replace('<head>', `<head><!-- ${mark} -->`) : text,
        ]),
      );
      const spent = await pushed(edge, client, {
        slug,
        mark,
        repoUrl,
        commit: () => repository.commit(entries, { message: mark }),
      });
      progress(`push ${n}: ${spent.map(([what, seconds]) => `${what} ${round(seconds)}`).join(', ')}`);
      if (n > 0) measured.push(spent);
    }
    return (measured[0] ?? []).map(([what], index) => {
      const seconds = measured.map((spent) => spent[index]?.[1] ?? Number.NaN);
      return [what, round(median(seconds)), round(Math.min(...seconds)), round(Math.max(...seconds))];
    });
  } finally {
    await runner.stop();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function pushed(
  edge: EdgeInstance,
  client: Client,
  { slug, mark, repoUrl, commit }: { slug: string; mark: string; repoUrl: string; commit: () => string },
): Promise<Spent> {
  const { body, headers } = signed('push', pushOf({ repoUrl, after: commit() }));
  const begun = Date.now();
  const response = await fetch(`${edge.url}/hooks/github`, { method: 'POST', body, headers });
  const answered = Date.now();
  const { deployments: [id = ''] = [] } = (await response.json()) as { deployments?: string[] };
  const live = untilShown(edge.url, slug, mark);
  const deployment = await client.untilEnded(id);
  if (deployment.status !== 'success') throw new Error(`The build ended with ${deployment.failure?.message}`);
  const shownAt = await live;
  const { startedAt, finishedAt, phases } = deployment;
  const seconds = (from: number, to: number) => (to - from) / 1000;
  const at = (time: string | null) => Date.parse(time ?? '');
  return [
    ['webhook answered', seconds(begun, answered)],
    ['waiting for a runner', seconds(answered, at(startedAt))],
    ...phases.map(
      ({ phase, startedAt: from, finishedAt: to }) => [phase, seconds(at(from), at(to))] as const,
    ),
    ['until the site shows it', seconds(at(finishedAt), shownAt)],
    ['push to live', seconds(begun, shownAt)],
  ];
}

/** Waits until the site's page contains a text; gives when that was. */
async function untilShown(edgeUrl: string, slug: string, text: string): Promise<number> {
  const { hostname, port } = new URL(edgeUrl);
  const page = () =>
    new Promise<string>((resolve, reject) => {
      const headers = { Host: `${slug}.sites.localhost:${port}` };
      request({ hostname, port, path: '/', headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => resolve(body)).on('error', reject);
      })
        .on('error', reject)
        .end();
    });
  for (;;) {
    if ((await page()).includes(text)) return Date.now();
    await sleep(EVERY_MS);
  }
}
