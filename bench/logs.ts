/**
 * The live log: how many lines per second reach a hundred viewers through the control plane, compared with a bare
 * WebSocket relay of the same frames; and how late a line is at several paces, while someone follows the log and while
 * nobody does. The source is the runner's own log stream, with its batches and its window.
 */
import { startInstance } from '../e2e/instance/edge.ts';
import { numberFlags } from './flags.ts';
import { EdgePath } from './logs/edge-path.ts';
import { type Delivered, delivered, type Paced, paced } from './logs/measure.ts';
import type { LogPath } from './logs/path.ts';
import { RelayPath } from './logs/relay-path.ts';
import { PRICES } from './prices.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { median } from './statistics.ts';

const flags = numberFlags({ rounds: 5, lines: 30_000, viewers: 100, seconds: 10 });
/** Lines per second, for the latency. */
const PACES = [1, 100, 5_000];
/** At a low pace, at least so many lines are written. */
const LEAST_LINES = 20;

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
  const ways: readonly (readonly [LogPath, boolean])[] = [
    [new EdgePath(edge), true],
    [new EdgePath(edge, { heedsViewers: false }), false],
    [new RelayPath(), true],
    [new RelayPath({ isWatched: false }), false],
  ];
  const latencies = [];
  for (const linesPerSecond of PACES) {
    for (const [path, isWatched] of ways) {
      const seconds = Math.max(flags.seconds, LEAST_LINES / linesPerSecond);
      const measured = await paced(path, { ...flags, seconds, linesPerSecond });
      latencies.push(latencyRow(linesPerSecond, path.name, isWatched, measured));
      progress(`${path.name}, ${linesPerSecond} lines/s, ${isWatched ? 'watched' : 'unwatched'}: measured`);
    }
  }
  print(
    `Live logs: ${flags.lines} lines to ${flags.viewers} viewers, ${flags.rounds} alternating rounds`,
    under,
    table(
      ['through', 'source lines/s (median)', 'delivered lines/s', 'MB/s out'],
      paths.map((path) => speedRow(path.name, speeds.get(path) ?? [])),
    ),
    `Share of the relay's throughput: median ${round(median(ratios(speeds, paths)))}, per round ${ratios(speeds, paths).map(round).join(' ')}`,
    table(
      [
        'lines/s',
        'through',
        'watched',
        'lines received',
        'p50 ms',
        'p99 ms',
        'max ms',
        'frames/s in',
        '$ a million minutes',
      ],
      latencies,
    ),
    [
      'Unwatched: the source does not know of the viewers, as nobody would see it otherwise. It is also what runners of',
      'earlier versions do, and how old a line is when the control plane has it.',
      'Dollars: WebSocket messages in, beyond what the plan includes. Messages out are free.',
    ].join('\n'),
  );
} finally {
  await edge.stop();
}

function latencyRow(pace: number, through: string, isWatched: boolean, measured: Paced): (string | number)[] {
  const { lines, p50Ms, p99Ms, maxMs, framesPerSecond } = measured;
  const dollars = framesPerSecond * 60 * PRICES.objectMessage.dollars * 1e6;
  const times = [p50Ms, p99Ms, maxMs, framesPerSecond, dollars].map(round);
  return [pace, through, isWatched ? 'yes' : 'no', lines, ...times];
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
