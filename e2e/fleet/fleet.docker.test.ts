/**
 * Twenty real runners share sixty deployments of one real instance, each built in a container. Meanwhile one is drained, one
 * is killed and stays away, and one ends after its first build. Nothing is lost, and nothing is built twice.
 */
import type { Deployment } from '@appflux/protocol';
import { hasEnded } from '@appflux/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RUNNER_LABEL } from '../../runner/src/sandbox/container-spec.ts';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { Client, pause } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { unzip, zipOf } from '../source/zip.ts';
import { type AttemptName, Fleet } from './runners.ts';

const NAMES = Array.from({ length: 20 }, (_, index) => `fleet-${index + 1}`);
const EPHEMERAL = 'fleet-20';
const APPS = 12;
const EACH = 5;

/** The longer builds of the first round are still running when runners are drained and killed. Seconds. */
const FIRST_ROUND_S = 6;
const LATER_S = 1;

/** From the first deployment to the last end, with a lease that expires in between. Milliseconds. */
const WITHIN_MS = 400_000;

const BUILD = `printf 'built %s\\n' "$(cat page.html)" && sleep "$(cat seconds)" && mkdir dist && cp page.html dist/index.html`;

const engine = connectEngine();
let edge: EdgeInstance;
let client: Client;
let fleet: Fleet;

beforeAll(async () => {
  await ensureWebImage(engine);
  edge = await startInstance();
  client = new Client(edge);
  fleet = await Fleet.start(client, { names: NAMES, ephemeral: [EPHEMERAL] });
});
afterAll(async () => {
  await fleet?.stop();
  await edge?.stop();
});

/** The page of a deployment, which no other has. */
const pageOf = (app: number, round: number) => `<!doctype html><p>App ${app}, round ${round}</p>`;

/** Asks for all deployments, round by round. Gives their ids with the page that each has to publish. */
async function deployAll(): Promise<Map<string, string>> {
  const apps = await Promise.all(
    Array.from({ length: APPS }, async (_, app) => {
      const { slug } = await client.createApp({
        name: `Fleet ${app}`,
        type: 'web',
        build: {
          buildCommand: BUILD,
          outputs: ['dist'],
          labels: ['fleet'],
          supersede: false,
          concurrency: EACH,
        },
      });
      return slug;
    }),
  );
  const pages = new Map<string, string>();
  for (let round = 0; round < EACH; round += 1) {
    const seconds = String(round < 2 ? FIRST_ROUND_S : LATER_S);
    await Promise.all(
      apps.map(async (slug, app) => {
        const page = pageOf(app, round);
        const uploadId = await client.upload('site.zip', await zipOf({ 'page.html': page, seconds }));
        const { id } = await client.deploy(slug, { uploadId });
        pages.set(id, page);
      }),
    );
  }
  return pages;
}

/** Waits until a runner that is none of `except` has a build in its container. */
async function building(except: readonly string[]): Promise<Deployment> {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    const { items } = await client.api.deployments.list({ status: 'building', limit: 100 });
    const found = items.find(
      ({ phase, runner }) => phase === 'building' && runner !== null && !except.includes(runner.name),
    );
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`no runner builds:\n${await everyLog()}`);
    await pause(50);
  }
}

/** Waits for the end of all. */
async function allEnded(count: number): Promise<Deployment[]> {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    const { items } = await client.api.deployments.list({ limit: 100 });
    const ended = items.filter(({ status }) => hasEnded(status));
    if (ended.length === count) return ended;
    if (Date.now() > deadline)
      throw new Error(`${ended.length} of ${count} have ended:\n${await everyLog()}`);
    await pause(200);
  }
}

const everyLog = async () => (await Promise.all(fleet.runners.map(({ output }) => output()))).join('\n');

/** Every attempt that any runner has begun, with who has. */
async function begunByAll(): Promise<Map<AttemptName, string[]>> {
  const begun = new Map<AttemptName, string[]>();
  for (const runner of fleet.runners)
    for (const attempt of await runner.begun())
      begun.set(attempt, [...(begun.get(attempt) ?? []), runner.name]);
  return begun;
}

/** The containers of all runners, running or not. */
async function containers(ids: readonly string[]): Promise<string[]> {
  const all = await engine.listContainers({ all: true, filters: { label: [RUNNER_LABEL] } });
  return all.filter(({ Labels }) => ids.includes(Labels[RUNNER_LABEL] ?? '')).map(({ Id }) => Id);
}

// A second try would find the runners as the first has left them.
test('none of sixty deployments is lost or built twice', { timeout: 2 * WITHIN_MS, retry: 0 }, async () => {
  const registered = await client.runners();
  expect(registered.map(({ name }) => name).sort()).toEqual([...NAMES].sort());
  const pages = await deployAll();
  expect(pages.size).toBe(APPS * EACH);

  const onDrained = await building([EPHEMERAL]);
  const drained = onDrained.runner?.name ?? '';
  await client.api.runners.drain(onDrained.runner?.id ?? '');
  const onKilled = await building([EPHEMERAL, drained]);
  const killed = onKilled.runner?.name ?? '';
  await fleet.kill(killed);
  const beforeDrain = await fleet.of(drained).begun();
  expect(await fleet.ended(EPHEMERAL)).toBe('exit code 0');

  const deployments = await allEnded(pages.size);
  expect(deployments.filter(({ status }) => status !== 'success')).toEqual([]);

  // The build of the killed runner is the only one that began a second time, and on another one.
  const again = deployments.filter(({ attempt }) => attempt > 1);
  expect(again.map(({ id, attempt }) => [id, attempt])).toEqual([[onKilled.id, 2]]);
  expect(again[0]?.runner?.name).not.toBe(killed);
  const begun = await begunByAll();
  expect([...begun].filter(([, by]) => by.length > 1)).toEqual([]);
  const expected = deployments.flatMap(({ id, attempt }) =>
    Array.from({ length: attempt }, (_, index) => `${id}/${index + 1}`),
  );
  expect([...begun.keys()].sort()).toEqual(expected.sort());

  for (const { id, attempt, artifactUrl } of deployments) {
    const page = pages.get(id) ?? '';
    const lines = (await client.logs(id)).items.map(({ text }) => text);
    const starts = lines.flatMap((line, at) => (/^Attempt \d+ on runner /.test(line) ? [at] : []));
    expect(starts).toHaveLength(attempt);
    // An earlier attempt may have been killed before it printed anything.
    expect(lines.slice(starts.at(-1)).filter((line) => line === `built ${page}`)).toHaveLength(1);
    const zip = Buffer.from(await (await fetch(artifactUrl ?? '')).arrayBuffer());
    expect((await unzip(zip)).get('index.html')?.toString()).toBe(page);
  }

  // Every runner had a share; the drained one and the ephemeral one had no more after that.
  for (const runner of fleet.runners) expect(await runner.begun(), runner.name).not.toEqual([]);
  expect(await fleet.of(drained).begun()).toEqual(beforeDrain);
  expect(await fleet.of(EPHEMERAL).begun()).toHaveLength(1);

  const listed = await fleet.untilListed((runners) => runners.every(({ busy }) => busy === 0));
  expect(listed.map(({ name }) => name).sort()).toEqual(NAMES.filter((name) => name !== EPHEMERAL).sort());
  expect(listed.find(({ name }) => name === killed)?.status).toBe('offline');
  expect(listed.find(({ name }) => name === drained)?.status).toBe('draining');

  // Back with the same state, the killed one clears away what its build left.
  await fleet.launch(killed);
  await fleet.untilListed((runners) => runners.find(({ name }) => name === killed)?.status === 'online');
  expect(await fleet.of(killed).output()).toContain('Cleaned up after an earlier process');
  expect(await containers(registered.map(({ id }) => id))).toEqual([]);
  for (const runner of fleet.runners)
    await expect.poll(() => runner.leftovers(), { message: runner.name }).toEqual([]);
});
