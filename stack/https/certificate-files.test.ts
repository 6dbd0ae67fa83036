import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkCertificateFiles } from './certificate-files.ts';
import { certificateOf } from './certificates.ts';

let folder: string;
const file = (name: string) => join(folder, name);

async function issue(name: string, names: string): Promise<void> {
  await execa('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
    ...['-subj', '/CN=test', '-addext', `subjectAltName=${names}`],
    ...['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)],
  ]);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-certificate-'));
  await issue('both', 'DNS:flux.example.com,DNS:*.sites.example.com,IP:192.0.2.1');
  await issue('one', 'DNS:flux.example.com');
  await writeFile(file('broken.pem'), 'no certificate');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const HOSTS = { publicHost: 'flux.example.com', sitesHost: 'sites.example.com' };
const check = (cert: string, key: string, hosts = HOSTS, now?: Date) =>
  checkCertificateFiles({ cert: file(cert), key: file(key) }, hosts, now);

test('a pair for the dashboard and the sites is good', async () => {
  expect(await check('both.pem', 'both.key')).toEqual([]);
  expect(await check('both.pem', 'both.key', { ...HOSTS, publicHost: '192.0.2.1' })).toEqual([]);
});

test('one without the sites is a warning', async () => {
  expect(await check('one.pem', 'one.key')).toEqual([expect.stringContaining('not for *.sites.example.com')]);
});

test('what cannot work is refused, with its mend', async () => {
  const refusals: [() => Promise<string[]>, RegExp][] = [
    [() => check('one.pem', 'both.key'), /APPFLUX_TLS_KEY is not the key of APPFLUX_TLS_CERT: set both/],
    [
      () => check('one.pem', 'one.key', { ...HOSTS, publicHost: 'other.example.com' }),
      /is not for other\.example/,
    ],
    [() => check('one.pem', 'one.key', { ...HOSTS, publicHost: '192.0.2.1' }), /is not for 192\.0\.2\.1/],
    [() => check('one.pem', 'one.key', HOSTS, new Date('2100-01-01')), /expired on .*: renew it/],
    [() => check('gone.pem', 'one.key'), /APPFLUX_TLS_CERT=.* can't be read .*: set it to a PEM file/],
    [() => check('broken.pem', 'one.key'), /APPFLUX_TLS_CERT=.* can't be read/],
    [() => check('one.pem', 'one.pem'), /APPFLUX_TLS_KEY=.* can't be read/],
  ];
  for (const [refusal, sentence] of refusals)
    await expect(refusal()).rejects.toMatchObject({
      code: 'settings_invalid',
      sentence: expect.stringMatching(sentence),
    });
});

test('its names and its end are read', async () => {
  const { stdout } = await execa('cat', [file('both.pem')]);
  expect(certificateOf(stdout).map(({ host }) => host)).toEqual([
    'flux.example.com',
    '*.sites.example.com',
    '192.0.2.1',
  ]);
});
