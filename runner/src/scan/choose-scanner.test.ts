import { expect, test } from 'vitest';
import { keptJournal } from '../testing/docker.ts';
import { openScannerAt, pickScanner } from './choose-scanner.ts';

const SOCKET = '/run/clamav/clamd.ctl';

test('the scanner that is set wins, then a clamd that is there, then one of the runner’s own', () => {
  const tcp = { kind: 'tcp', host: '127.0.0.1', port: 3310 } as const;
  expect(pickScanner(tcp, { socket: SOCKET, hasClamd: true })).toEqual(tcp);
  expect(pickScanner({ kind: 'managed' }, { socket: SOCKET, hasClamd: true })).toEqual({ kind: 'managed' });
  expect(pickScanner(undefined, { socket: SOCKET, hasClamd: true })).toEqual({ kind: 'unix', path: SOCKET });
  expect(pickScanner(undefined, { socket: null, hasClamd: true })).toEqual({ kind: 'managed' });
  expect(pickScanner(undefined, { socket: null, hasClamd: false })).toBeNull();
});

test('a host without a scanner says so once in each log, and why, where a scan is optional', async () => {
  const { journal, lines } = keptJournal();
  const scanning = await openScannerAt(null, { scan: 'optional', state: '/nowhere' }, journal);
  const log: string[] = [];
  const ctx = { log: (text: unknown) => void log.push(String(text)), signal: new AbortController().signal };
  await scanning.scanUpload('/nowhere/upload.zip', 'upload.zip', ctx);
  await scanning.scanTree('/nowhere', ctx);
  await scanning.scanArtifacts([{ path: '/nowhere/site.zip', name: 'site.zip' }], ctx);
  await scanning.close();
  expect(log).toEqual(['Malware scan skipped: ClamAV is not installed on this runner.']);
  expect(lines.join()).toContain('Malware scan skipped');
});
