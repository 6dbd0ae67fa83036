/** What a request costs: to the control plane, and in turns to a Worker that does nothing, in the same runtime. */
import { Agent, type RequestOptions, request } from 'node:http';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { Client } from '../../e2e/instance/client.ts';
import { below } from '../processes.ts';
import { progress, round } from '../report.ts';
import { processorMs } from '../server/processes.ts';
import { median } from '../statistics.ts';
import type { WholeInstance } from './instance.ts';
import { commandOf, partOf } from './processes.ts';

const BARE = 'export default { fetch: () => Response.json({ auth: null }) }';

const nobody = async () => null;

/** How many are under way at a time. */
const SIDE_BY_SIDE = 8;

interface Target {
  readonly name: string;
  readonly url: string;
  /** A token for one round: each may send a few thousand requests. */
  readonly token: () => Promise<string | null>;
  /** The process that answers. */
  readonly pid: number;
}

/**
 * Milliseconds for each request, in all and of workerd's processor time: the medians of some rounds, of which the first is
 * not counted. The instance must have had a deployment.
 */
export async function requestCosts(
  instance: WholeInstance,
  { requests, rounds }: { requests: number; rounds: number },
): Promise<(string | number)[][]> {
  const bare = new Miniflare(
    convertV4MiniflareOptions({ modules: true, script: BARE, compatibilityDate: '2026-11-01' }),
  );
  try {
    const targets = [await bareTarget(bare, instance), ...(await ownTargets(instance))];
    const measured = targets.map(() => ({ wall: [] as number[], processor: [] as number[] }));
    for (let turn = 0; turn <= rounds; turn += 1) {
      for (const offset of targets.keys()) {
        // Each round starts with another one.
        const index = (turn + offset) % targets.length;
        const target = targets[index];
        if (target === undefined) throw new Error('no such target');
        const token = await target.token();
        const before = processorMs(target.pid);
        const startedAt = performance.now();
        await send(target.url, token, requests);
        const wall = (performance.now() - startedAt) / requests;
        const processor = (processorMs(target.pid) - before) / requests;
        progress(
          `requests, round ${turn}, ${target.name}: ${round(wall)} ms, ${round(processor)} of processor`,
        );
        if (turn === 0) continue;
        measured[index]?.wall.push(wall);
        measured[index]?.processor.push(processor);
      }
    }
    return targets.map(({ name }, index) => [
      name,
      round(median(measured[index]?.wall ?? [])),
      round(median(measured[index]?.processor ?? [])),
    ]);
  } finally {
    await bare.dispose();
  }
}

async function bareTarget(bare: Miniflare, instance: WholeInstance): Promise<Target> {
  const { href } = await bare.ready;
  const own = new Set([instance.pid, ...below(instance.pid).map(({ pid }) => pid)]);
  const workerd = below(process.pid).find(({ pid, name }) => name === 'workerd' && !own.has(pid));
  if (workerd === undefined) throw new Error('the bare Worker has no process');
  return { name: 'a bare Worker', url: href, token: nobody, pid: workerd.pid };
}

async function ownTargets(instance: WholeInstance): Promise<Target[]> {
  const { api } = new Client(instance);
  const [app] = (await api.apps.list()).items;
  const [deployment] = app === undefined ? [] : (await api.deployments.listOf(app.slug)).items;
  const workerd = below(instance.pid).find(({ pid }) => partOf(commandOf(pid)) === 'workerd');
  if (deployment === undefined || workerd === undefined) throw new Error('the instance has built nothing');
  return [
    { name: 'GET /api/config', url: `${instance.url}/api/config`, token: nobody, pid: workerd.pid },
    {
      name: 'GET /api/deployments/ID',
      url: `${instance.url}/api/deployments/${deployment.id}`,
      token: async () => (await api.tokens.create({ name: 'bench', scopes: ['deployments:read'] })).token,
      pid: workerd.pid,
    },
  ];
}

/** Sends so many requests over kept connections. Throws if one is refused. */
async function send(url: string, token: string | null, requests: number): Promise<void> {
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  const agent = new Agent({ keepAlive: true, maxSockets: SIDE_BY_SIDE });
  let left = requests;
  try {
    await Promise.all(
      Array.from({ length: SIDE_BY_SIDE }, async () => {
        while (left-- > 0) await once(url, { agent, headers });
      }),
    );
  } finally {
    agent.destroy();
  }
}

function once(url: string, options: RequestOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      response.resume();
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    });
    sent.once('error', reject);
    sent.end();
  });
}
