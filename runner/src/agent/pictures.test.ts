/** Pictures give way to builds, by the order of what happens. */
import type { PictureRequest, PictureResult } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { Pictures, type PicturesOptions } from '../pictures/pictures.ts';
import { NoPicture } from '../pictures/take.ts';
import { endless, succeedingSteps, types, useAgents } from '../testing/agent.ts';
import { keptJournal } from '../testing/docker.ts';
import { sampleGrant } from '../testing/sample-job.ts';

const start = useAgents();

const REQUEST: PictureRequest = {
  id: 'request-1',
  deploymentId: '66f2a1c04b7e9d00000000aa',
  url: 'http://d-shop.sites.localhost:8787/',
  cookie: { name: 'appflux-access-app', value: 'token' },
};
const FILES = { wide: 'd2lkZQ==', phone: 'cGhvbmU=' };

/** Pictures whose browser and image a test plays, and what was said and done, in order. */
function played(change: Partial<PicturesOptions> = {}) {
  const events: string[] = [];
  const results: PictureResult[] = [];
  const pictures = new Pictures({
    image: { id: async () => 'sha256:image', make: null },
    take: async () => {
      events.push('take');
      return FILES;
    },
    report: async (_, result) => {
      events.push(result.outcome);
      results.push(result);
    },
    journal: keptJournal().journal,
    settleMs: 0,
    ...change,
  });
  return { pictures, events, results };
}

/** Goes on until it gets its signal, and then until the test lets it end. */
function stubborn(events: string[], name: string) {
  const released = Promise.withResolvers<void>();
  const work = async (signal: AbortSignal): Promise<never> => {
    events.push(`${name} begins`);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    events.push(`${name} gets its signal`);
    await released.promise;
    events.push(`${name} ends`);
    throw signal.reason;
  };
  return { work, release: () => released.resolve() };
}

test('a runner says that it takes pictures after its hello, to an edge that asks for them', async () => {
  const { pictures, results } = played();
  const agent = await start({ pictures, accepts: ['pictures'] });
  await agent.until(() => types(agent).includes('pictures'));
  expect(types(agent)).toEqual(['hello', 'pictures']);
  agent.edge.sendToPool({ type: 'picture', picture: REQUEST });
  await agent.until(() => results.length === 1);
  expect(results).toEqual([{ outcome: 'taken', id: REQUEST.id, files: FILES }]);
  agent.edge.dropAll();
  await agent.until(() => types(agent).filter((type) => type === 'pictures').length === 2);
});

test.each([undefined, ['disk']])('an edge that accepts %o hears nothing of them', async (accepts) => {
  const { pictures } = played();
  const agent = await start({ pictures, ...(accepts && { accepts }) });
  agent.edge.dropAll();
  await agent.until(() => types(agent).filter((type) => type === 'hello').length === 2);
  expect(types(agent)).not.toContain('pictures');
});

test('a build begins and ends while a picture that it interrupts is still ending', async () => {
  const events: string[] = [];
  const { work, release } = stubborn(events, 'picture');
  const { pictures, results } = played({ take: (_, __, signal) => work(signal) });
  const agent = await start({
    pictures,
    accepts: ['pictures'],
    steps: () =>
      succeedingSteps({
        build: async () => {
          events.push('build');
          return undefined;
        },
      }),
  });
  await agent.until(() => types(agent).includes('pictures'));
  agent.edge.sendToPool({ type: 'picture', picture: REQUEST });
  await agent.until(() => events.includes('picture begins'));
  agent.edge.grant(sampleGrant());
  await agent.until(() => types(agent).includes('freed'));
  expect(events).toEqual(['picture begins', 'picture gets its signal', 'build']);
  expect(results).toEqual([]);
  release();
  await agent.until(() => results.length === 1);
  expect(results).toEqual([{ outcome: 'returned', id: REQUEST.id }]);
});

test('while it builds, a runner gives a request back and begins nothing', async () => {
  const { pictures, events } = played();
  const { state, step } = endless();
  const agent = await start({
    pictures,
    slots: 2,
    accepts: ['pictures'],
    steps: () => succeedingSteps({ build: step }),
  });
  await agent.until(() => types(agent).includes('pictures'));
  agent.edge.grant(sampleGrant());
  await agent.until(() => state.begun === 1);
  agent.edge.sendToPool({ type: 'picture', picture: REQUEST });
  await agent.until(() => events.length === 1);
  expect(events).toEqual(['returned']);
});

test('the image is made when it is first wanted, gives way to builds, and goes on after them', async () => {
  const events: string[] = [];
  let isThere = false;
  let makes = 0;
  const { work, release } = stubborn(events, 'image');
  const { pictures, results } = played({
    image: {
      id: async () => (isThere ? 'sha256:image' : null),
      make: async (signal) => {
        makes += 1;
        if (makes === 1) return work(signal);
        isThere = true;
      },
    },
  });
  const agent = await start({ pictures, accepts: ['pictures'] });
  const said = () =>
    agent.edge.poolFrames.flatMap((frame) => (frame.type === 'pictures' ? [frame.ready] : []));
  await agent.until(() => said().length === 1);
  expect(makes).toBe(0);
  agent.edge.sendToPool({ type: 'picture', picture: REQUEST });
  await agent.until(() => events.includes('image begins'));
  expect(said()).toEqual([true, false]);
  expect(results).toEqual([{ outcome: 'returned', id: REQUEST.id }]);
  agent.edge.grant(sampleGrant());
  await agent.until(() => types(agent).includes('freed'));
  expect(events).toEqual(['image begins', 'image gets its signal']);
  release();
  await agent.until(() => said().length === 3);
  expect({ said: said(), makes }).toEqual({ said: [true, false, true], makes: 2 });
});

test('a runner without the image and a way to make it says nothing', async () => {
  const { pictures } = played({ image: { id: async () => null, make: null } });
  const agent = await start({ pictures, accepts: ['pictures', 'machine'] });
  agent.edge.dropAll();
  await agent.until(() => types(agent).filter((type) => type === 'hello').length === 2);
  expect(types(agent)).not.toContain('pictures');
});

test.each([
  [new NoPicture('It answered with status 500'), 'It answered with status 500'],
  [new Error('engine: /var/run/docker.sock is gone'), 'The runner could not take it'],
])('%s is reported as a failure, without what concerns the machine', async (error, reason) => {
  const { pictures, results } = played({ take: () => Promise.reject(error) });
  const agent = await start({ pictures, accepts: ['pictures'] });
  await agent.until(() => types(agent).includes('pictures'));
  agent.edge.sendToPool({ type: 'picture', picture: REQUEST });
  await agent.until(() => results.length === 1);
  expect(results).toEqual([{ outcome: 'failed', id: REQUEST.id, reason }]);
});

test('why this runner can’t take pictures is noted until it takes one; what a site does is not', async () => {
  const noted: (string | null)[] = [];
  const turns: (() => Promise<typeof FILES>)[] = [
    () => Promise.reject(new NoPicture('It answered with status 500')),
    () => Promise.reject(new Error('no space left on device')),
    async () => FILES,
  ];
  const { pictures, results } = played({
    take: () => turns.shift()?.() ?? Promise.resolve(FILES),
    note: async (reason) => {
      noted.push(reason);
      throw new Error('the disk is full');
    },
  });
  const agent = await start({ pictures, accepts: ['pictures'] });
  await agent.until(() => types(agent).includes('pictures'));
  for (const count of [1, 2, 3]) {
    agent.edge.sendToPool({ type: 'picture', picture: REQUEST });
    await agent.until(() => results.length === count);
  }
  expect(results).toMatchObject([
    { outcome: 'failed', reason: 'It answered with status 500' },
    { outcome: 'failed', reason: 'The runner could not take it' },
    { outcome: 'taken' },
  ]);
  expect(noted).toEqual([expect.stringContaining('no space left on device'), null]);
});
