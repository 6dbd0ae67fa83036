/** Load by `wrk`. Source: https://github.com/wg/wrk */
import { execa } from 'execa';

export interface Load {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bytesPerSecond: number;
}

/** How `wrk` writes numbers: `612.47us`, `1.05MB`. */
const UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  B: 1,
  KB: 1_024,
  MB: 1_024 ** 2,
  GB: 1_024 ** 3,
};

const amountOf = (text: string): number => {
  const [, number, unit = 'B'] = /^([\d.]+)([A-Za-z]+)$/.exec(text) ?? [];
  return Number(number) * (UNITS[unit] ?? Number.NaN);
};

/** Asks a URL for some seconds over kept connections. Throws if a request failed. */
export async function load(
  url: string,
  options: { headers: Readonly<Record<string, string>>; connections: number; seconds: number },
): Promise<Load> {
  const headers = Object.entries(options.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const { stdout } = await execa('wrk', [
    ...['-t', '1', '-c', String(options.connections), '-d', `${options.seconds}s`, '--latency'],
    ...['--timeout', '30s', ...headers, url],
  ]);
  const problem = /^\s*(Non-2xx or 3xx responses: .*|Socket errors: .*)$/m.exec(stdout)?.[1];
  if (problem !== undefined) throw new Error(`${url}: ${problem}`);
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: amountOf(/50%\s+(\S+)/.exec(stdout)?.[1] ?? ''),
    p99Ms: amountOf(/99%\s+(\S+)/.exec(stdout)?.[1] ?? ''),
    bytesPerSecond: amountOf(/Transfer\/sec:\s+(\S+)/.exec(stdout)?.[1] ?? ''),
  };
}
