/** How long it takes until a build's first command runs. */
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { BuildBench, plan } from '../../runner/src/testing/build.ts';
import { progress, round, table } from '../report.ts';
import { median } from '../statistics.ts';

/**
 * From the moment everything else is ready until the runner receives the first output of the first command, with each
 * kind of network alternately. `docker run` costs the same except for the proxy.
 */
export async function measureStart(rounds: number): Promise<string> {
  const networks = ['proxy', 'bridge', 'none'] as const;
  const times = new Map(networks.map((network) => [network, { first: [] as number[], all: [] as number[] }]));
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
      // The first round asks the image for its facts, which are then cached.
      if (turn < 0) continue;
      times.get(network)?.first.push(firstAt - startedAt);
      times.get(network)?.all.push(tookMs);
    }
  }
  progress('container starts measured');
  return table(
    ['network', 'ms to the first command (median)', 'ms including end and removal (median)'],
    networks.map((network) => {
      const { first = [], all = [] } = times.get(network) ?? {};
      return [network, round(median(first)), round(median(all))];
    }),
  );
}
