/** A runner that is asked to look at repositories, beside its builds. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LookTask, RunnerToPool } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GitServer } from '../job/prepare/testing/git-server.ts';
import { gitSurroundings } from '../job/prepare/testing/git-surroundings.ts';
import { BareRepository } from '../job/prepare/testing/repository.ts';
import { type TestAgent, useAgents } from '../testing/agent.ts';

const startAgent = useAgents();
let git: Awaited<ReturnType<typeof gitSurroundings>>;
let server: GitServer;

beforeEach(async () => {
  git = await gitSurroundings();
  ({ server } = git);
  new BareRepository(git.repos, 'app.git').commit({ 'index.html': '<h1>Hi</h1>' });
});

afterEach(async () => {
  await server.close();
  await git.around.remove();
});

const task = (id: number, change: Partial<LookTask> = {}): LookTask => ({
  id: String(id).padStart(24, '0'),
  repoUrl: `${server.url}/app.git`,
  branch: null,
  rootDirectory: null,
  token: null,
  access: {},
  servers: false,
  ...change,
});

const looked = ({ edge }: TestAgent) =>
  edge.poolFrames.filter(
    (frame): frame is Extract<RunnerToPool, { type: 'looked' }> => frame.type === 'looked',
  );

const settings = { allowPrivateSources: true };

test('it says that it looks with each connection to an edge that knows that', async () => {
  const agent = await startAgent({ accepts: ['features'] });
  const count = () => agent.edge.poolFrames.filter(({ type }) => type === 'features').length;
  await agent.until(() => count() === 1);
  agent.edge.dropAll();
  await agent.until(() => count() === 2);
  const earlier = await startAgent({ accepts: ['disk', 'machine'] });
  earlier.edge.dropAll();
  await earlier.until(() => earlier.edge.poolFrames.filter(({ type }) => type === 'hello').length === 2);
  expect(earlier.edge.poolFrames.some(({ type }) => type === 'features')).toBe(false);
});

test('it reports what it has found, and again when it is asked again; no folder is left', async () => {
  const agent = await startAgent({ accepts: ['features'], runnerSettings: settings });
  agent.edge.sendToPool({ type: 'look', task: task(1) });
  await agent.until(() => looked(agent).length === 1);
  expect(looked(agent)[0]).toMatchObject({
    id: task(1).id,
    outcome: { findings: { branch: 'main', branches: ['main'] } },
  });
  const requests = server.requests.length;
  agent.edge.dropAll();
  await agent.until(() => agent.edge.poolConnected);
  agent.edge.sendToPool({ type: 'look', task: task(1) });
  await agent.until(() => looked(agent).length === 2);
  expect(looked(agent)[1]).toEqual(looked(agent)[0]);
  expect(server.requests).toHaveLength(requests);
  const work = join(agent.state, 'work');
  expect(existsSync(work) ? readdirSync(work) : []).toEqual([]);
});

test('a refusal never holds the token, even if the server sends it back', async () => {
  const token = 'tok3n-of-a-private-repository';
  server.intercept = (_, response) => {
    response.writeHead(500, { 'content-type': 'text/plain' }).end(`no such token: ${token}`);
    return true;
  };
  const agent = await startAgent({ accepts: ['features'], runnerSettings: settings });
  agent.edge.sendToPool({ type: 'look', task: task(1, { token }) });
  await agent.until(() => looked(agent).length === 1);
  expect(looked(agent)[0]?.outcome).toMatchObject({ error: { code: 'source_unavailable' } });
  expect(JSON.stringify(looked(agent)) + agent.journal.join('')).not.toContain(token);
});

test('a few run at a time, the others wait, and all are reported', async () => {
  let open = 0;
  let most = 0;
  server.intercept = (_, response) => {
    open += 1;
    most = Math.max(most, open);
    response.on('close', () => {
      open -= 1;
    });
    return false;
  };
  const agent = await startAgent({ accepts: ['features'], runnerSettings: settings });
  for (let n = 1; n <= 6; n += 1) agent.edge.sendToPool({ type: 'look', task: task(n) });
  await agent.until(() => looked(agent).length === 6);
  expect(looked(agent).every(({ outcome }) => 'findings' in outcome)).toBe(true);
  expect(most).toBeLessThanOrEqual(2);
});

test('a runner that is stopped ends its looks and reports nothing', async () => {
  const asked = Promise.withResolvers<void>();
  server.intercept = () => {
    asked.resolve();
    return true;
  };
  const agent = await startAgent({ accepts: ['features'], runnerSettings: settings });
  await mkdir(join(agent.state, 'work'), { recursive: true });
  agent.edge.sendToPool({ type: 'look', task: task(1) });
  await asked.promise;
  agent.agent.stop();
  await agent.ended;
  expect(looked(agent)).toEqual([]);
  expect(readdirSync(join(agent.state, 'work'))).toEqual([]);
});
