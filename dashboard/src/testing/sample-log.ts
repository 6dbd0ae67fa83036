import type { LogLine, LogOutline, LogSection, Phase } from '@appflux/protocol';

const E = '\u001b';

const PARTS: readonly [Phase, LogLine['stream'], string][] = [
  ['preparing', 'system', 'Attempt 1 on runner local-1'],
  ['preparing', 'stdout', 'Cloning https://github.com/northwind/harbor, branch main'],
  [
    'preparing',
    'stdout',
    `${E}[2mHEAD is now at${E}[0m 9b1c4f0 Keep the map centered while the sidebar opens`,
  ],
  ['scanning', 'system', 'Scanned 412 files (8.1 MB) with ClamAV 1.4: clean'],
  ['detecting', 'system', 'Framework: vite (vite.config.ts)'],
  ['detecting', 'system', 'Package manager: pnpm (pnpm-lock.yaml)'],
  ['building', 'stdout', `${E}[1m$ pnpm install --frozen-lockfile${E}[0m`],
  ['building', 'stdout', 'Lockfile is up to date, resolution step is skipped'],
  [
    'building',
    'stdout',
    `Progress: resolved ${E}[96m537${E}[39m, reused ${E}[96m531${E}[39m, downloaded ${E}[96m6${E}[39m, added ${E}[96m537${E}[39m, done`,
  ],
  ['building', 'stderr', `${E}[33m WARN ${E}[39m deprecated inflight@1.0.6: this module leaks memory`],
  ['building', 'stdout', `${E}[1m$ pnpm run build${E}[0m`],
  ['building', 'stdout', `${E}[36mvite v8.3.8 ${E}[32mbuilding for production...${E}[39m`],
  ['building', 'stdout', `${E}[32m✓${E}[39m 1284 modules transformed.`],
  [
    'building',
    'stdout',
    `${E}[2mdist/${E}[22m${E}[32mindex.html                  ${E}[39m${E}[1m${E}[2m  0.46 kB${E}[22m${E}[22m`,
  ],
  [
    'building',
    'stdout',
    `${E}[2mdist/${E}[22m${E}[35massets/index-4nq1Zb.css     ${E}[39m${E}[1m${E}[2m 38.12 kB${E}[22m${E}[22m`,
  ],
  [
    'building',
    'stdout',
    `${E}[2mdist/${E}[22m${E}[36massets/index-Bx91Tq.js      ${E}[39m${E}[1m${E}[33m612.08 kB${E}[39m${E}[22m`,
  ],
  ['building', 'stderr', `${E}[33m(!) Some chunks are larger than 500 kB after minification.${E}[39m`],
  ['building', 'stdout', `${E}[32m✓ built in 4.81s${E}[39m`],
];

const FAILING: readonly [Phase, LogLine['stream'], string][] = [
  ['building', 'stderr', `${E}[31mx Build failed in 1.92s${E}[39m`],
  ['building', 'stderr', `${E}[31merror during build:${E}[39m`],
  [
    'building',
    'stderr',
    `${E}[41m${E}[97m ERROR ${E}[0m Could not resolve "./components/Sidebar" from "src/App.tsx"`,
  ],
  ['building', 'stderr', 'file: /workspace/src/App.tsx:4:25'],
  ['building', 'stderr', `${E}[33m  2 | import { Map } from './components/Map';${E}[39m`],
  ['building', 'stderr', `${E}[33m  4 | import { Sidebar } from './components/Sidebar';${E}[39m`],
  ['building', 'stderr', `${E}[33m    |                          ^${E}[39m`],
  ['building', 'system', 'The build command ended with code 1'],
];

function numbered(
  parts: readonly [Phase, LogLine['stream'], string][],
  startedAt: string,
  from = 1,
): LogLine[] {
  const start = Date.parse(startedAt);
  return parts.map(([phase, stream, text], index) => ({
    seq: from + index,
    at: new Date(start + (from + index) * 1700).toISOString(),
    stream,
    phase,
    text,
  }));
}

/** The log of a successful build. */
export const successLog = (startedAt: string): LogLine[] =>
  numbered([...PARTS, ['uploading', 'system', 'Uploaded harbor-web.zip, 2.4 MB']], startedAt);

/** The line of `failedLog` that reports the error. */
export const FAILED_AT = 15;

/** The log of a failed build. */
export const failedLog = (startedAt: string): LogLine[] =>
  numbered([...PARTS.slice(0, 12), ...FAILING], startedAt);

/** The log of a running build. */
export const runningLog = (startedAt: string): LogLine[] => numbered(PARTS.slice(0, 13), startedAt);

/** A long log with unique lines, some of them colored. */
export function longLog(lines: number, startedAt: string): LogLine[] {
  const start = Date.parse(startedAt);
  const phases: Phase[] = ['preparing', 'scanning', 'detecting', 'building', 'uploading'];
  return Array.from({ length: lines }, (_, index) => ({
    seq: index + 1,
    at: new Date(start + index).toISOString(),
    stream: index % 17 === 0 ? 'stderr' : 'stdout',
    phase:
      phases[index < 40 ? Math.floor(index / 20) : index < 60 ? 2 : index < lines - 20 ? 3 : 4] ?? 'building',
    text:
      index % 5 === 0
        ? `${E}[32m✓${E}[39m test ${index} passed in ${E}[2m${index % 97} ms${E}[22m`
        : `compiled src/module-${index}/index.ts with ${index % 13} imports, ${'x'.repeat(index % 80)}`,
  }));
}

/** The outline of a log, as the edge computes it. */
export function outlineOf(lines: readonly LogLine[]): LogOutline {
  const sections: LogSection[] = [];
  for (const { seq, phase, at } of lines) {
    const last = sections.at(-1);
    if (last !== undefined && (phase === null || phase === last.phase)) {
      last.lines += 1;
      last.to = at;
    } else sections.push({ phase, firstSeq: seq, lines: 1, from: at, to: at });
  }
  const longest = lines.reduce((most, { text }) => Math.max(most, text.length), 0);
  return { sections, lastSeq: lines.length, longest };
}
