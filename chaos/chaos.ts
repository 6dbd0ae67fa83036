/**
 * `npm run chaos -- --deployments N --seed S` injects faults, `npm run chaos -- --kills N` kills processes only. Checks
 * that the platform loses nothing and reports nothing false.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type RunOptions, runChaos } from './run.ts';

const USAGE = 'Usage: npm run chaos -- [--deployments 1..1000 | --kills 1..1000] [--seed TEXT] [--shards]';
const DEFAULT_DEPLOYMENTS = '30';

/** An end that explains itself, so its stack is not printed. */
class Ended extends Error {}

function readArguments(): Required<Pick<RunOptions, 'size' | 'seed' | 'shards'>> {
  const { values } = parseArgs({
    options: {
      deployments: { type: 'string' },
      kills: { type: 'string' },
      seed: { type: 'string', default: randomBytes(4).toString('hex') },
      shards: { type: 'boolean', default: false },
    },
  });
  const { deployments, kills, seed, shards } = values;
  if (deployments !== undefined && kills !== undefined) throw new Ended(USAGE);
  const amount = Number(kills ?? deployments ?? DEFAULT_DEPLOYMENTS);
  if (!Number.isInteger(amount) || amount < 1 || amount > 1000) throw new Ended(USAGE);
  return { size: kills === undefined ? { deployments: amount } : { kills: amount }, seed, shards };
}

const print = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const { size, seed, shards } = readArguments();
  print(`${'kills' in size ? `${size.kills} kills` : `${size.deployments} deployments`}, seed ${seed}`);
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stop.abort(new Ended(`ended by ${name}`)));
  const { faults, summary } = await runChaos({ size, seed, shards, say: print, signal: stop.signal });
  for (const line of summary) print(line);
  for (const fault of faults) print(`FAULT ${fault}`);
  print(
    faults.length === 0
      ? `no violation found (seed ${seed})`
      : `${faults.length} violations found (seed ${seed})`,
  );
  return faults.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = 1;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Ended) print(cause.message);
  else print(error instanceof Error ? `${error.stack ?? error.message}` : String(error));
}
