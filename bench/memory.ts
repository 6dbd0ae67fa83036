/**
 * How much memory a control plane needs for what is large: a source, a log, and a list. All its processes are in a control
 * group with a limit, so the kernel ends one that uses more, and the command fails.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Client } from '../e2e/instance/client.ts';
import { startInstance } from '../e2e/instance/edge.ts';
import { simulatedBuild } from '../e2e/instance/simulated-build.ts';
import { numberFlags } from './flags.ts';
import { memoryGroup } from './memory/control-group.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { measure } from './soak/measure.ts';

const MEBIBYTE = 1024 ** 2;
/** How often the processes are measured. */
const SAMPLE_MS = 100;
const LINE = 'x'.repeat(190);
/** Lines of a frame: below its limit of 512 KB. */
const FRAME_LINES = 1_500;
const CREATED_AT_ONCE = 20;

const flags = numberFlags({ limit: 1_024, upload: 500, log: 50, apps: 1_000 });
const under = conditions();
const group = memoryGroup(flags.limit * MEBIBYTE);
const edge = await group.within(() => startInstance({ variables: { CALLS_PER_SECOND: '' } }));
const client = new Client(edge);
const places = { persist: edge.persist, log: join(edge.persist, '..', 'edge.log') };
const rows: (string | number)[][] = [];
try {
  await measured('at rest', async () => undefined);
  await measured(`upload of ${flags.upload} MB`, upload);
  await measured(`log of ${flags.log} MB, archived and read`, log);
  await measured(`${flags.apps} apps, created and listed`, apps);
  print(
    'Memory',
    under,
    `limit ${flags.limit} MiB for all processes of the control plane, of which the kernel has killed ${group.killed()}`,
    table(['what', 'workerd MB at most', 'Node MB at most', 'seconds'], rows),
  );
  if (group.killed() > 0) process.exitCode = 1;
} finally {
  await edge.stop();
  await group.remove();
}

/** Does some work and notes the most that the processes had in memory meanwhile. */
async function measured(what: string, work: () => Promise<unknown>): Promise<void> {
  let workerd = 0;
  let node = 0;
  const look = () => {
    const now = measure(process.pid, places);
    workerd = Math.max(workerd, now.workerd);
    node = Math.max(node, now.node);
  };
  look();
  const timer = setInterval(look, SAMPLE_MS);
  const startedAt = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  look();
  const seconds = (performance.now() - startedAt) / 1000;
  rows.push([what, round(workerd / 1e6), round(node / 1e6), round(seconds)]);
  progress(rows.at(-1)?.join('  ') ?? '');
}

async function upload(): Promise<void> {
  await client.upload('large.zip', randomBytes(flags.upload * 1_000_000));
}

async function log(): Promise<void> {
  const { id, attempt } = await simulatedBuild(edge, 'verbose');
  const frames = Math.ceil((flags.log * 1_000_000) / (FRAME_LINES * LINE.length));
  for (let frame = 0; frame < frames; frame += 1) {
    attempt.lines(frame * FRAME_LINES + 1, (frame + 1) * FRAME_LINES, (seq) => `${seq} ${LINE}`);
    attempt.socket.send({ type: 'sync', attempt: attempt.grant.attempt });
    let stored = 0;
    while (stored < (frame + 1) * FRAME_LINES) stored = (await attempt.socket.next('ack')).seq;
    // It keeps its lease.
    attempt.socket.ping();
    // The rate that a runner may send at (docs/limits.md).
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  attempt.fail();
  await attempt.socket.next('finished');
  await client.archived(id);
  const answer = await client.fetch('GET', `/api/deployments/${id}/logs.ndjson`);
  if (!answer.ok) throw new Error(`the log was answered ${answer.status}`);
  await answer.arrayBuffer();
}

async function apps(): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: CREATED_AT_ONCE }, async () => {
      for (let index = next++; index < flags.apps; index = next++)
        await client.createApp({ name: `App ${index}` });
    }),
  );
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '100', ...(cursor === null ? {} : { cursor }) });
    const answer = await client.fetch('GET', `/api/apps?${query}`);
    ({ nextCursor: cursor } = (await answer.json()) as { nextCursor: string | null });
  } while (cursor !== null);
}
