/** Network namespaces for tests with a real engine. */
import { vi } from 'vitest';
import { createJournal } from '../journal.ts';
import type { Engine } from '../sandbox/engine.ts';
import { PERL } from '../sandbox/namespaces/maker-program.ts';
import { MAKER_LABEL } from '../sandbox/namespaces/maker-spec.ts';
import { canMakeNamespaces } from '../sandbox/namespaces/namespace-maker.ts';
import { NetworkNamespaces } from '../sandbox/namespaces/network-namespaces.ts';
import { whyUnpreparable } from './docker.ts';

/** Why no network namespaces can be made on this host; null if they can. */
export const whyNoNamespaces = async (): Promise<string | null> =>
  (await whyUnpreparable()) ?? ((await canMakeNamespaces()) ? null : `${PERL} is missing`);

/** Opens one maker for a runner, which is ready. Fails with what the journal says if it can't. */
export async function readyNamespaces(engine: Engine, runnerId: string): Promise<NetworkNamespaces> {
  const said: string[] = [];
  const journal = createJournal({ write: (text) => said.push(text) });
  const namespaces = new NetworkNamespaces({ engine, runnerId, journal, most: 1 });
  namespaces.lend().giveBack();
  await untilReady(namespaces, () => said.join(''));
  return namespaces;
}

/** Resolves when the next container gets a namespace of a maker. */
export async function untilReady(namespaces: NetworkNamespaces, why: () => string = () => ''): Promise<void> {
  await vi.waitFor(
    () => {
      if (namespaces.ready === 0) throw new Error(`no network namespace is ready: ${why()}`);
    },
    { timeout: 20_000, interval: 20 },
  );
}

/** What a runner's makers are in the engine: the ids of containers and images. */
export async function makersOf(engine: Engine, runnerId: string): Promise<string[]> {
  const filters = { label: [`${MAKER_LABEL}=${runnerId}`] };
  const containers = await engine.listContainers({ all: true, filters });
  const images = await engine.listImages({ all: true, filters });
  return [...containers, ...images].map(({ Id }) => Id);
}
