/** Builds with as many outputs as a deployment may have: lists report the success, not only the deployment itself. */
import { createHash } from 'node:crypto';
import { Deployment } from '@appflux/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import type { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SimulatedBuild, simulatedBuild } from '../instance/simulated-build.ts';

const BYTES = 'x';
const SHA256 = createHash('sha256').update(BYTES).digest('hex');

let edge: EdgeInstance;
beforeAll(async () => {
  edge = await startInstance();
});
afterAll(() => edge.stop());

/** Delivers artifacts and ends the attempt as a success. Gives their names. */
async function finish(
  { attempt }: SimulatedBuild,
  count: number,
  facts: (index: number) => { name: string; meta: Record<string, string | number | boolean> },
): Promise<string[]> {
  const artifacts = Array.from({ length: count }, (_, index) => facts(index));
  for (const artifact of artifacts) await attempt.deliver({ ...artifact, sha256: SHA256 }, BYTES);
  const names = artifacts.map(({ name }) => name);
  attempt.finish({ status: 'success', artifacts: names });
  expect(await attempt.socket.next('finished')).toMatchObject({ status: 'success' });
  return names;
}

/** How the list of all deployments shows this one. */
async function listed(client: Client, id: string): Promise<Deployment | undefined> {
  const page = z.object({ items: z.array(Deployment) });
  const { items } = await client.call(page, 'GET', '/api/deployments?limit=100');
  return items.find((deployment) => deployment.id === id);
}

it('a build with 190 outputs, whose record is larger than a queue message, is a success in lists too', async () => {
  const build = await simulatedBuild(edge);
  const names = await finish(build, 190, (index) => ({
    name: `app-${index}-${'flavor-'.repeat(24)}release.apk`,
    meta: { platform: 'android', label: `${index} ${'An app with a long label '.repeat(10)}` },
  }));
  await expect.poll(async () => (await listed(build.client, build.id))?.status).toBe('success');
  const shown = await listed(build.client, build.id);
  expect(JSON.stringify(shown).length).toBeGreaterThan(128_000);
  expect(shown?.artifacts.map(({ name }) => name)).toEqual(names);
});
