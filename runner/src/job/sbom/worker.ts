/** The thread that reads lockfiles: see make.ts. */
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { bomOf, type ReadLockfile } from './bom.ts';
import { LockfileInvalid } from './lock-graph.ts';
import type { SbomInput, SbomOutput } from './make.ts';
import { readLockfile } from './read-lockfile.ts';

function makeSbom({ app, lockfiles, runnerVersion }: SbomInput): SbomOutput {
  const read: ReadLockfile[] = [];
  const problems: { path: string; why: string }[] = [];
  for (const { path, name, text, manifest } of lockfiles) {
    try {
      if (text === null) throw new LockfileInvalid('it is larger than 32 MB');
      read.push({ path, graph: readLockfile(name, text, manifest) });
    } catch (error) {
      if (!(error instanceof LockfileInvalid)) throw error;
      problems.push({ path, why: error.message });
    }
  }
  if (read.length === 0) return { sbom: null, problems };
  const { text, components } = bomOf(app, read, runnerVersion);
  const bytes = gzipSync(text, { level: 9 });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { sbom: { bytes, sha256, components, paths: read.map(({ path }) => path) }, problems };
}

parentPort?.postMessage(makeSbom(workerData as SbomInput));
