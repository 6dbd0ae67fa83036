import { expect, test } from 'vitest';
import { keptJournal, whyUnpreparable } from '../../testing/docker.ts';
import { whyNoNamespaces } from '../../testing/namespaces.ts';
import { withDefaultRuntime } from '../container-spec.ts';
import { namespaceMakers, type PreparingHost, sandboxesToPrepare } from './how-many.ts';

const DOCKER: PreparingHost = { executor: 'docker', ephemeral: false, runtime: undefined };

async function decide(host: Partial<PreparingHost>, prepared: number | undefined, slots = 3) {
  const { journal, lines } = keptJournal();
  const most = await sandboxesToPrepare({ ...DOCKER, ...host, prepared }, slots, journal);
  return { most, said: lines.join('') };
}

const IMPOSSIBLE: [Partial<PreparingHost>, string][] = [
  [{ executor: 'host' }, 'builds run without containers'],
  [{ ephemeral: true }, 'the runner ends after its first build'],
  [{ runtime: 'runsc' }, 'the runtime runsc brings a kernel of its own'],
];

test.each(IMPOSSIBLE)('with %j none wait, without a word where nothing is set', async (host) => {
  expect(await decide(host, undefined)).toEqual({ most: 0, said: '' });
});

test.each(IMPOSSIBLE)('with %j a setting that asks for some gets the reason', async (host, why) => {
  const { most, said } = await decide(host, 2);
  expect(most).toBe(0);
  expect(said).toContain('No sandboxes are prepared');
  expect(said).toContain(why);
});

test('the engine’s default runtime counts where none is set, if it brings a kernel of its own', async () => {
  const byDefault = (runtime: string | undefined, ofEngine: string | undefined) =>
    decide(withDefaultRuntime({ ...DOCKER, runtime }, ofEngine), 2);
  expect((await byDefault(undefined, 'runsc')).said).toContain(
    'the runtime runsc brings a kernel of its own',
  );
  for (const [runtime, ofEngine] of [
    ['runc', 'runsc'],
    [undefined, 'crun'],
    [undefined, undefined],
  ])
    expect(withDefaultRuntime({ runtime }, ofEngine)).toEqual({ runtime });
});

test('0 is none, and needs no reason', async () => {
  expect(await decide({ executor: 'host' }, 0)).toEqual({ most: 0, said: '' });
  expect(await decide({}, 0)).toEqual({ most: 0, said: '' });
});

test('where it can be done one waits, or as many as are set and there are slots', async ({ skip }) => {
  const why = await whyUnpreparable();
  if (why !== null) return skip(why);
  expect(await decide({}, undefined)).toEqual({ most: 1, said: '' });
  expect(await decide({}, 2)).toEqual({ most: 2, said: '' });
  expect(await decide({}, 9)).toEqual({ most: 3, said: '' });
});

test('where this host can’t, a setting that asks for some gets the reason', async ({ skip }) => {
  const why = await whyUnpreparable();
  if (why === null) return skip('this host can');
  expect(await decide({}, undefined)).toEqual({ most: 0, said: '' });
  expect((await decide({}, 1)).said).toContain(why);
});

test.each([...IMPOSSIBLE.map(([host]) => host), { network: 'bridge' as const }])(
  'with %j nothing makes network namespaces',
  async (host) => {
    expect(await namespaceMakers({ ...DOCKER, network: 'proxy', ...host }, 3)).toBe(0);
  },
);

test('where sandboxes can wait, each slot has a maker of network namespaces, up to four', async ({
  skip,
}) => {
  const why = await whyNoNamespaces();
  if (why !== null) return skip(why);
  const makers = (slots: number) => namespaceMakers({ ...DOCKER, network: 'none' }, slots);
  expect([await makers(1), await makers(3), await makers(9)]).toEqual([1, 3, 4]);
});
