/**
 * The live log: how many lines per second reach a hundred viewers through the control plane, compared with a bare
 * WebSocket relay of the same frames; and how late a line is at a moderate pace. The source is the runner's own log
 * stream, with its batches and its window.
 */
import { startInstance } from '../e2e/instance/edge.ts';
import { numberFlags } from './flags.ts';
import { EdgePath } from './logs/edge-path.ts';
import { type Delivered, delivered, paced } from './logs/measure.ts';
import type { LogPath } from './logs/path.ts';
import { RelayPath } from './logs/relay-path.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { median } from './statistics.ts';

const flags = numberFlags({ rounds: 5, lines: 30_000, viewers: 100, seconds: 10 });
/** Lines per second, for the latency. */
const PACE = 100;

const under = conditions();
const edge = await startInstance();
try {
  const paths: readonly LogPath[] = [new EdgePath(edge), new RelayPath()];
  const speeds = new Map<LogPath, Delivered[]>(paths.map((path) => [path, []]));
  for (let turn = 0; turn <= flags.rounds; turn += 1) {
    for (const path of turn % 2 === 0 ? paths : paths.toReversed()) {
      const speed = await delivered(path, flags);
      // The first round of each warms it up.
      if (turn > 0) speeds.get(path)?.push(speed);
      progress(`${path.name} ${turn}/${flags.rounds}: ${Math.round(speed.linesPerSecond)} lines/s`);
    }
  }
  const latencies = [];
  for (const path of paths) {
    const latency = await paced(path, { ...flags, linesPerSecond: PACE });
    latencies.push([
      path.name,
      latency.lines,
      round(latency.p50Ms),
      round(latency.p99Ms),
      round(latency.maxMs),
    ]);
  }
  print(
    `Live logs: ${flags.lines} lines to ${flags.viewers} viewers, ${flags.rounds} alternating rounds`,
    under,
    table(
      ['through', 'source lines/s (median)', 'delivered lines/s', 'MB/s out'],
      paths.map((path) => speedRow(path.name, speeds.get(path) ?? [])),
    ),
    `Share of the relay's throughput: median ${round(median(ratios(speeds, paths)))}, per round ${ratios(speeds, paths).map(round).join(' ')}`,
    table([`at ${PACE} lines/s through`, 'lines received', 'p50 ms', 'p99 ms', 'max ms'], latencies),
    'A line waits up to 100 ms in the runner so that others can share its frame: that is part of both.',
  );
} finally {
  await edge.stop();
}

function speedRow(name: string, measured: readonly Delivered[]): (string | number)[] {
  const lines = median(measured.map(({ linesPerSecond }) => linesPerSecond));
  const bytes = median(measured.map(({ bytesPerSecond }) => bytesPerSecond));
  return [name, Math.round(lines), Math.round(lines * flags.viewers), round(bytes / 1e6)];
}

/** The first path's speed as a share of the second's, round by round. */
function ratios(speeds: ReadonlyMap<LogPath, Delivered[]>, [ours, bare]: readonly LogPath[]): number[] {
  const [own, other] = [ours, bare].map((path) => (path === undefined ? [] : (speeds.get(path) ?? [])));
  return (own ?? []).map(
    ({ linesPerSecond }, index) => linesPerSecond / (other?.[index]?.linesPerSecond ?? Number.NaN),
  );
}
