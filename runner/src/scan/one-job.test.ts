import { expect, test } from 'vitest';
import { ClamdError } from './client.ts';
import { forOneJob } from './one-job.ts';
import { createScanner } from './scanner.ts';

const scanner = createScanner({
  policy: 'optional',
  connect: () => Promise.reject(new ClamdError('not_ready', 'The malware scanner has no signatures yet.')),
});

/** Everything that a job has scanned, and what its log says of it. */
async function scanAll(perJob = forOneJob(scanner)) {
  const log: string[] = [];
  const ctx = { log: (text: unknown) => void log.push(String(text)), signal: new AbortController().signal };
  const made = [
    await perJob.scanUpload('/nowhere/site.zip', 'site.zip', ctx),
    await perJob.scanTree('/nowhere', ctx),
    await perJob.scanArtifacts([{ path: '/nowhere/site.zip', name: 'site.zip' }], ctx),
  ];
  return { log, made };
}

test('a scanner that does not respond costs each job one line, however often it is asked', async () => {
  const warning =
    'Warning: not everything was scanned for malware. The malware scanner has no signatures yet.';
  expect(await scanAll()).toEqual({ log: [warning], made: [false, false, false] });
  expect((await scanAll()).log).toEqual([warning]);
});

test('what is no warning is said as often as it happens', async () => {
  const perJob = forOneJob({
    ...scanner,
    scanArtifacts: async (_files, ctx) => {
      ctx.log('No malware found in the artifacts (1 file, 2 bytes).');
      return true;
    },
  });
  expect((await scanAll(perJob)).made).toEqual([false, false, true]);
  expect((await scanAll(perJob)).log).toEqual(['No malware found in the artifacts (1 file, 2 bytes).']);
});
