/** How fast a real clamd scans, and what share of a deployment that is. */
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../runner/src/find-program.ts';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { startManagedClamd } from '../../runner/src/scan/clamd.ts';
import { createScanner } from '../../runner/src/scan/scanner.ts';
import { BuildBench, plan } from '../../runner/src/testing/build.ts';
import { keptJournal } from '../../runner/src/testing/docker.ts';
import { progress, round, table } from '../report.ts';
import { median } from '../statistics.ts';

const HOST_SIGNATURES = '/var/lib/clamav';
const REACT = join(import.meta.dirname, '../../runner/fixtures/react-vite');
const MEGABYTE = 1e6;
/** If the official signatures are missing: as many of our own, which match nothing. */
const HASHES = 300_000;
const PATTERNS = 50_000;

/** Returns a table, with a sentence about the signatures. */
export async function measureScan(rounds: number): Promise<string> {
  if ((await findProgram('clamd')) === null) return 'Scan: not measured, clamd is not installed here.';
  const folder = await mkdtemp(join(tmpdir(), 'appflux-scan-'));
  const official = (await readdir(HOST_SIGNATURES).catch(() => [])).some((name) => /\.c[vl]d$/.test(name));
  const signatures = official ? HOST_SIGNATURES : await inventedSignatures(join(folder, 'signatures'));
  const { journal } = keptJournal();
  const clamd = await startManagedClamd({
    folder: join(folder, 'clamav'),
    journal,
    freshclamConfig: null,
    signaturesFrom: signatures,
  });
  const bench = new BuildBench(connectEngine());
  try {
    const scanner = createScanner({ policy: 'required', connect: (signal) => clamd.connect(signal) });
    const ctx = { log: () => undefined, signal: new AbortController().signal };
    const time = async (scan: () => Promise<boolean>) => {
      const startedAt = performance.now();
      if (!(await scan())) throw new Error('The scanner scanned nothing, so there is nothing to measure.');
      return (performance.now() - startedAt) / 1000;
    };
    const built = await bench.run({
      plan: plan({
        packageManager: 'npm',
        installCommand: 'npm ci',
        buildCommand: 'npm run build',
      }),
      limits: { memoryBytes: 4 * 1024 ** 3, diskBytes: 10 * 1024 ** 3 },
      ownDisk: true,
      files: (root) => cp(REACT, root, { recursive: true }),
    });
    if (built.failure !== null) throw new Error(built.text);
    const modules = join(built.root, 'node_modules');
    const artifact = join(folder, 'artifact.bin');
    await writeFile(artifact, randomBytes(50 * MEGABYTE));
    await scanner.scanTree(REACT, ctx);
    const site = join(built.root, 'dist');
    const times = {
      source: [] as number[],
      site: [] as number[],
      modules: [] as number[],
      artifact: [] as number[],
    };
    for (let turn = 0; turn < rounds; turn += 1) {
      times.source.push(await time(() => scanner.scanTree(REACT, ctx)));
      times.site.push(await time(() => scanner.scanTree(site, ctx)));
      times.modules.push(await time(() => scanner.scanTree(modules, ctx)));
      times.artifact.push(
        await time(() => scanner.scanArtifacts([{ path: artifact, name: 'artifact.bin' }], ctx)),
      );
    }
    progress('scan measured');
    const row = (what: string, bytes: number, seconds: readonly number[]) => [
      what,
      round(bytes / MEGABYTE),
      round(median(seconds)),
      round(bytes / MEGABYTE / median(seconds)),
    ];
    const whole = built.tookMs / 1000;
    const scans = median(times.source) + median(times.site);
    return [
      table(
        ['scanned', 'MB', 's (median)', 'MB/s'],
        [
          row('source tree', await bytesBelow(REACT), times.source),
          row('built site', await bytesBelow(site), times.site),
          row('an artifact of 50 MB', 50 * MEGABYTE, times.artifact),
          row('thousands of small files', await bytesBelow(modules), times.modules),
        ],
      ),
      `Source and site: ${round(scans)} s, compared with ${round(whole)} s of install and build, ${round((100 * scans) / (scans + whole))} % of the two.`,
      official
        ? 'Signatures: the official ones of this host.'
        : `Signatures: the official ones are not on this host; ${HASHES} hashes and ${PATTERNS} byte patterns, synthetic, replaced them.`,
    ].join('\n');
  } finally {
    await bench.close();
    await clamd.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Signatures in clamd's own formats for hashes of files (`hash:size:name`) and for byte patterns (`name:type:offset:hex`). */
async function inventedSignatures(folder: string): Promise<string> {
  await mkdir(folder);
  const random = (bytes: number) => randomBytes(bytes).toString('hex');
  const hashes = Array.from({ length: HASHES }, (_, n) => `${random(16)}:${1000 + n}:Bench.Hash.${n}`);
  const patterns = Array.from({ length: PATTERNS }, (_, n) => `Bench.Pattern.${n}:0:*:${random(24)}`);
  await writeFile(join(folder, 'bench.hdb'), `${hashes.join('\n')}\n`);
  await writeFile(join(folder, 'bench.ndb'), `${patterns.join('\n')}\n`);
  return folder;
}

async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
