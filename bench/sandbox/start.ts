/** How long it takes until a build's first command runs. */
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { BuildBench, plan } from '../../runner/src/testing/build.ts';
import { progress, round, table } from '../report.ts';
import { median } from '../statistics.ts';

/**
 * From the moment at which everything else is ready until the first output of the first command has come to the runner,
 * with each kind of network in turns. `docker run` pays for the same but the proxy.
 */
export async function measureStart(rounds: number): Promise<string> {
  const networks = ['proxy', 'bridge', 'none'] as const;
  const taken = new Map(networks.map((network) => [network, { first: [] as number[], all: [] as number[] }]));
  for (let turn = -1; turn < rounds; turn += 1) {
    for (const network of networks) {
      const bench = new BuildBench(connectEngine());
      let firstAt = Number.NaN;
      const { failure, startedAt, tookMs } = await bench.run({
        plan: plan({ buildCommand: 'echo first' }),
        settings: { network },
        ownDisk: true,
        onLine: (text) => {
          if (text === 'first') firstAt = performance.now();
        },
      });
      await bench.close();
      if (failure !== null || Number.isNaN(firstAt)) throw new Error(String(failure));
      // The first round asks the image for its facts, which is remembered.
      if (turn < 0) continue;
      taken.get(network)?.first.push(firstAt - startedAt);
      taken.get(network)?.all.push(tookMs);
    }
  }
  progress('container starts measured');
  return table(
    ['network', 'ms to the first command (median)', 'ms with the end and the removal (median)'],
    networks.map((network) => {
      const { first = [], all = [] } = taken.get(network) ?? {};
      return [network, round(median(first)), round(median(all))];
    }),
  );
}
