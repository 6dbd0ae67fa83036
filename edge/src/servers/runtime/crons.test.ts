/** The crons of a release run by its app's object, with the real server host. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { metadataOf } from '../../metadata/index.ts';
import type { AppRecord } from '../../metadata/metadata.ts';
import { runtimeOf } from '../../objects/runtime.ts';
import { newApp } from '../../sites/serve/testing/publish.ts';
import { publishServer } from '../testing/publish-server.ts';

const SERVER = `
export default {
  fetch: () => new Response('ok'),
  scheduled(controller) {
    if (controller.cron === '* * * * *') console.log('run for', new Date(controller.scheduledTime).toISOString());
    else throw new Error('not at this hour');
  },
};
`;
const MINUTE = 60_000;
/** Half past a minute, about now: storage refuses requests of another time. */
const START = Math.floor(Date.now() / MINUTE) * MINUTE + MINUTE / 2;
/** An expression that is due once a day, so many minutes after the minute of START. */
const dailyIn = (minutes: number): string => {
  const due = new Date(START + minutes * MINUTE);
  return `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
};

let app: AppRecord;
beforeEach(async () => {
  app = await newApp();
  vi.useFakeTimers({ now: START, toFake: ['Date'] });
});
afterEach(() => vi.useRealTimers());

const server = (crons: string[], of = app) =>
  publishServer(
    of,
    { 'worker.js': SERVER },
    {},
    { spec: { crons }, site: { kind: 'server', files: 1, bytes: 1, newFiles: 1, newBytes: 1 } },
  );
const object = () => runtimeOf(env, app.id);
/** The alarm rings at that time, whatever it is set for. */
async function rings(at: number): Promise<boolean> {
  vi.setSystemTime(at);
  return runDurableObjectAlarm(env.RUNTIME.getByName(app.id));
}
const lines = async () =>
  (await object().page({ after: 0, limit: 100, filter: {} })).items.map(
    ({ cron, text }) => `${cron}: ${text}`,
  );

test('a release’s cron runs at its time, once, and is in the log', async () => {
  await server(['* * * * *']);
  await object().refreshCrons();
  await rings(START);
  expect(await lines()).toEqual([]);
  await rings(START + MINUTE);
  await rings(START + MINUTE);
  await expect
    .poll(lines)
    .toEqual(
      expect.arrayContaining([
        `* * * * *: run for ${new Date(START + MINUTE / 2).toISOString()}`,
        expect.stringMatching(/^\* \* \* \* \*: Ran in \d+ ms\.$/),
      ]),
    );
  expect(await lines()).toHaveLength(2);
});

test('another release has its own crons, and one without any runs none', async () => {
  await server(['* * * * *']);
  await object().refreshCrons();
  await rings(START);
  // Without notice: the object finds out when a run is due.
  await server([dailyIn(600), 'never']);
  await rings(START + MINUTE);
  expect(await lines()).toEqual([
    'never: Never runs: this is not a cron expression, or names no day that exists.',
  ]);
  await server([]);
  await object().refreshCrons();
  await rings(START + 2 * MINUTE);
  await metadataOf(env).apps.update(app.id, { release: null });
  await rings(START + 601 * MINUTE);
  expect(await lines()).toHaveLength(1);
});

test('a run that was missed by hours is left out, and said so', async () => {
  const cron = dailyIn(30);
  await server([cron]);
  await object().refreshCrons();
  await rings(START);
  await rings(START + 5 * 60 * MINUTE);
  expect(await lines()).toEqual([`${cron}: Not run: the instance was not running at its time.`]);
});

test('what is not released runs nothing: a preview, and the code of a fork', async () => {
  await publishServer(
    app,
    { 'worker.js': SERVER },
    {},
    {
      spec: { crons: ['* * * * *'] },
      environment: 'preview',
      site: { kind: 'server', files: 1, bytes: 1, newFiles: 1, newBytes: 1 },
    },
  );
  await object().refreshCrons();
  await rings(START);
  expect(await rings(START + MINUTE)).toBe(false);
  expect(await lines()).toEqual([]);
});

test('an app that was removed runs nothing any more', async () => {
  await server(['* * * * *']);
  await object().refreshCrons();
  await rings(START);
  await object().destroy();
  await object().refreshCrons();
  await rings(START + MINUTE);
  expect(await lines()).toEqual([]);
});
