/** Builds with the maximum number of outputs: lists report the success, not only the deployment itself. */
import { createHash } from 'node:crypto';
import {
  CLOSE,
  type Deployment,
  MAX_ARTIFACTS,
  MAX_ARTIFACTS_RECORD_BYTES,
  utf8Bytes,
} from '@appflux/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SimulatedBuild, simulatedBuild } from '../instance/simulated-build.ts';

const BYTES = 'x';
const SHA256 = createHash('sha256').update(BYTES).digest('hex');

interface Output {
  name: string;
  meta: Record<string, string>;
}

let edge: EdgeInstance;
beforeAll(async () => {
  edge = await startInstance();
});
afterAll(() => edge.stop());

/** Delivers outputs and ends the attempt as a success. */
async function finish({ attempt }: SimulatedBuild, outputs: readonly Output[]): Promise<void> {
  for (const output of outputs) await attempt.deliver({ ...output, sha256: SHA256 }, BYTES);
  attempt.finish({ status: 'success', artifacts: outputs.map(({ name }) => name) });
  expect(await attempt.socket.next('finished')).toMatchObject({ status: 'success' });
}

/** This deployment in the list of all deployments. */
async function listed(client: Client, id: string): Promise<Deployment | undefined> {
  const { items } = await client.api.deployments.list({ limit: 100 });
  return items.find((deployment) => deployment.id === id);
}

it('a build with 190 outputs, whose record is larger than a queue message, is a success in lists too', async () => {
  const build = await simulatedBuild(edge, 'outputs-190');
  const outputs = Array.from({ length: 190 }, (_, index) => ({
    name: `app-${index}-${'flavor-'.repeat(24)}release.apk`,
    meta: { platform: 'android', label: `${index} ${'An app with a long label '.repeat(10)}` },
  }));
  await finish(build, outputs);
  await expect.poll(async () => (await listed(build.client, build.id))?.status).toBe('success');
  const shown = await listed(build.client, build.id);
  expect(JSON.stringify(shown).length).toBeGreaterThan(128_000);
  expect(shown?.artifacts.map(({ name }) => name)).toEqual(outputs.map(({ name }) => name));
});

/** The maximum number of outputs with the longest names, whose record has exactly the maximum size. */
async function mostOutputs({ client, id }: SimulatedBuild): Promise<Output[]> {
  const { appId } = await client.deployment(id);
  const recorded = (outputs: readonly Output[]) =>
    utf8Bytes(
      JSON.stringify(
        outputs.map(({ name, meta }) => ({
          name,
          key: `apps/${appId}/${id}/1/${name}`,
          size: 1,
          sha256: SHA256,
          contentType: 'application/octet-stream',
          meta,
        })),
      ),
    );
  const outputs = Array.from({ length: MAX_ARTIFACTS }, (_, index): Output => {
    const facts = Array.from({ length: 6 }, (_, fact) => [`fact${fact}`, 'x'.repeat(500)]);
    return {
      name: `${index}`.padEnd(200, '€'),
      meta: { ...Object.fromEntries(facts), kind: 'x'.repeat(30) },
    };
  });
  let left = MAX_ARTIFACTS_RECORD_BYTES - recorded(outputs);
  for (const { meta } of outputs) {
    // A fact's name and punctuation take ten bytes; the rest is empty, or enough for another fact.
    if (left > 0) meta.more = 'x'.repeat(left <= 510 ? left - 10 : Math.min(500, left - 30));
    left -= meta.more === undefined ? 0 : meta.more.length + 10;
  }
  expect(recorded(outputs)).toBe(MAX_ARTIFACTS_RECORD_BYTES);
  return outputs;
}

it('a build with the maximum of outputs and record size is a success in lists too', async () => {
  const build = await simulatedBuild(edge, 'outputs-most');
  const outputs = await mostOutputs(build);
  await finish(build, outputs);
  await expect.poll(async () => (await listed(build.client, build.id))?.status).toBe('success');
  const shown = await listed(build.client, build.id);
  expect(shown?.artifacts.map(({ name, meta }) => ({ name, meta }))).toEqual(outputs);
  // The longest possible name can be requested.
  const { url = '' } = shown?.artifacts.at(-1) ?? {};
  expect(await (await fetch(url)).text()).toBe(BYTES);
});

it('with a few bytes more it fails, and says what to do', async () => {
  const build = await simulatedBuild(edge, 'outputs-over');
  const outputs = await mostOutputs(build);
  const last = outputs.at(-1);
  if (last !== undefined) last.meta.y = '';
  await expect(finish(build, outputs)).rejects.toThrow(`closed with ${CLOSE.staleAttempt}`);
  expect(await build.client.untilEnded(build.id)).toMatchObject({
    status: 'failed',
    failure: {
      code: 'artifact_invalid',
      phase: 'uploading',
      message: "The artifacts' names and metadata exceed 1 MB",
      hint: expect.stringContaining('Deliver fewer files'),
    },
  });
});

it('a runner that delivers more than 200 outputs ends its deployment, which says what to do', async () => {
  const build = await simulatedBuild(edge, 'outputs-201');
  const outputs = Array.from({ length: MAX_ARTIFACTS + 1 }, (_, index) => ({
    name: `${index}.apk`,
    meta: {},
  }));
  await expect(finish(build, outputs)).rejects.toThrow(`closed with ${CLOSE.staleAttempt}`);
  const failure = {
    code: 'artifact_invalid',
    message: 'The build produced more than 200 artifacts',
    hint: 'Set `outputs` to fewer files, or to a folder, which becomes one ZIP.',
  };
  expect(await build.client.untilEnded(build.id)).toMatchObject({ status: 'failed', failure });
  await expect.poll(async () => (await listed(build.client, build.id))?.failure).toMatchObject(failure);
});

it('so does one that only names more than 200; one that names the same twice delivers it once', async () => {
  const many = await simulatedBuild(edge, 'outputs-named');
  const names = Array.from({ length: MAX_ARTIFACTS + 1 }, (_, index) => `${index}.apk`);
  many.attempt.finish({ status: 'success', artifacts: names });
  expect(await many.client.untilEnded(many.id)).toMatchObject({ failure: { code: 'artifact_invalid' } });
  const twice = await simulatedBuild(edge, 'outputs-twice');
  await twice.attempt.deliver({ name: 'a.apk', sha256: SHA256 }, BYTES);
  twice.attempt.finish({ status: 'success', artifacts: ['a.apk', 'a.apk'] });
  const { artifacts } = await twice.client.untilEnded(twice.id);
  expect(artifacts.map(({ name }) => name)).toEqual(['a.apk']);
});
