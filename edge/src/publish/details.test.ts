/** Release notes and an icon, from the runner's frame to metadata. */
import { env } from 'cloudflare:workers';
import { DETAILS, type RunnerToDeployment } from '@appflux/protocol';
import { beforeAll, expect, test, vi } from 'vitest';
import { sampleSpec } from '../deployment/testing/sample-spec.ts';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { connectAttempt, deliver, givenRunner, leaseOf } from '../testing/attempt.ts';
import { forgetAll } from '../testing/worker.ts';
import { givenApp } from './testing/published.ts';

beforeAll(forgetAll);

const ICON = { type: 'image/png', content: 'iVBORw0KGgo=' } as const;
const NOTES = { text: '- Faster', source: 'changelog' } as const;

/** A deployment whose runner is connected. */
async function building() {
  const app = await givenApp();
  const spec = sampleSpec({
    id: newObjectId(),
    ownerId: app.ownerId,
    app: { id: app.id, slug: app.slug, name: app.name },
  });
  const object = env.DEPLOYMENTS.getByName(spec.id);
  const { record } = await object.create(spec);
  await metadataOf(env).deployments.project(record, 1);
  const runner = await givenRunner(app.ownerId);
  const attempt = await connectAttempt(await leaseOf(spec.id, runner), runner.credential);
  return { id: spec.id, object, attempt, welcome: await attempt.next('welcome') };
}

const details = (change: Partial<Extract<RunnerToDeployment, { type: 'details' }>> = {}) =>
  ({ type: 'details', notes: NOTES, icon: ICON, ...change }) as const;

test('are kept with the success of the deployment that they are of', async () => {
  const { id, object, attempt, welcome } = await building();
  expect(welcome).toMatchObject({ accepts: expect.arrayContaining([DETAILS]) });
  attempt.send(details());
  await deliver(attempt, 'app.apk', 'content');
  expect(await metadataOf(env).details.of(id)).toEqual({ notes: null, icon: null });
  attempt.send({ type: 'finish', result: { status: 'success', artifacts: ['app.apk'] } });
  await attempt.next('finished');
  await vi.waitUntil(async () => (await object.unconfirmed()) === null);
  expect(await metadataOf(env).details.of(id)).toEqual({ notes: NOTES, icon: ICON });
});

test.each([
  ['an icon of another kind', details({ icon: { type: 'image/svg+xml', content: 'PHN2Zy8+' } as never })],
  ['an icon that is too large', details({ icon: { type: 'image/png', content: 'A'.repeat(12_000) } })],
  ['an icon that is no base64', details({ icon: { type: 'image/png', content: '<svg>' } })],
  ['notes that are too long', details({ notes: { text: 'x'.repeat(60_001), source: 'tag' } })],
  ['notes that nobody typed', details({ notes: { text: 'x', source: 'typed' } as never })],
])('with %s are refused', async (_, frame) => {
  const { object, attempt } = await building();
  attempt.send(frame);
  await vi.waitUntil(async () => (await object.snapshot())?.record.status === 'failed');
});
