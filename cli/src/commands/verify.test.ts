import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preAuthEncoding, STATEMENT_TYPE } from '@appflux/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writeProject } from '../config/project.ts';
import { runCli } from '../testing/run.ts';

const ID = '66f2a1c04b7e9d0000000001';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function makeKey(kid: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' });
  const validity = { nbf: 1_790_000_000, exp: 1_797_776_000 };
  const use = { alg: 'ES256', use: 'sig', key_ops: ['verify'] };
  return { privateKey, jwk: { kty: 'EC', crv: 'P-256', x, y, kid, ...use, ...validity } };
}

const key = makeKey('first');
const stranger = makeKey('first');

function envelopeOf(builder = 'docker', signer = key, version = '1.2.0') {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'app.apk', digest: { sha256: sha256('the app') } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://apps.example.com/type',
        externalParameters: {
          app: { slug: 'shop', name: 'Shop' },
          environment: 'production',
          source: { repository: 'https://git.example.com/shop', branch: 'main', commit: null },
        },
        internalParameters: {
          deploymentId: ID,
          attempt: 2,
          runner: { name: 'builder-1' },
          reportedByRunner: { commit: 'c'.repeat(40), branch: 'main', version },
        },
      },
      runDetails: {
        builder: { id: `https://apps.example.com/.well-known/appflux/builders/${builder}` },
        metadata: { finishedOn: '2026-11-01T13:00:00.000Z' },
      },
    },
  };
  const payload = Buffer.from(JSON.stringify(statement)).toString('base64');
  const signed = preAuthEncoding(STATEMENT_TYPE, Buffer.from(payload, 'base64'));
  const sig = sign('sha256', signed, signer.privateKey).toString('base64');
  return { payloadType: STATEMENT_TYPE, payload, signatures: [{ keyid: 'first', sig }] };
}

const KEYS = { keys: [key.jwk] };

let folder: string;
let file: string;
/** What the instance answers, by path; everything else is 404. */
let answers: Record<string, unknown>;
let asked: string[];
let url: string;
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '', 'http://instance');
  asked.push(`${pathname} ${request.headers.authorization ?? 'anonymous'}`);
  const answer = answers[pathname];
  response.writeHead(answer === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(answer ?? { error: { code: 'not_found', message: 'There is nothing here' } }));
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-verify-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(async () => {
  file = join(folder, 'app.apk');
  await writeFile(file, 'the app');
  asked = [];
  answers = {
    '/.well-known/appflux/keys.json': KEYS,
    [`/api/deployments/${ID}/attestation`]: envelopeOf(),
  };
});

/** Writes a value as a file of JSON; gives its path. */
async function saved(name: string, value: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

const verify = (...args: string[]) =>
  runCli(['verify', file, ...args], { env: { APPFLUX_URL: url, APPFLUX_TOKEN: 'secret' }, cwd: folder });

/** Verifies with saved files only, without an instance. */
async function offline(envelope: unknown = envelopeOf(), keys: unknown = KEYS, ...args: string[]) {
  const attestation = await saved('envelope.json', envelope);
  const keySet = await saved('keys.json', keys);
  return runCli(['verify', file, '--attestation', attestation, '--keys', keySet, ...args], { cwd: folder });
}

describe('with the instance', () => {
  test('says what the file is, from what and by whom it was built', async () => {
    const { exit, stdout } = await verify('--deployment', ID);
    expect({ exit, stdout }).toMatchObject({ exit: 0 });
    for (const said of [
      'Verified:',
      'https://git.example.com/shop',
      'c'.repeat(40),
      'builder-1',
      '2026-11-01',
    ])
      expect(stdout).toContain(said);
  });

  test('loads the keys without a token', async () => {
    await verify('--deployment', ID);
    expect(asked).toContain('/.well-known/appflux/keys.json anonymous');
    expect(asked).toContain(`/api/deployments/${ID}/attestation Bearer secret`);
  });

  test('a folder that is linked to another instance doesn’t narrow the search to the app of its link', async () => {
    const linked = join(folder, 'linked');
    await writeProject(linked, { url: 'https://other.example', app: 'other' });
    answers['/api/deployments'] = { items: [], nextCursor: null };
    const env = { APPFLUX_URL: url, APPFLUX_TOKEN: 'secret' };
    expect(await runCli(['verify', file], { env, cwd: linked })).toMatchObject({ exit: 1 });
    expect(asked).toEqual(['/api/deployments Bearer secret']);
  });

  test('a file that no deployment has delivered is not verified', async () => {
    answers['/api/apps/shop/deployments'] = { items: [], nextCursor: null };
    const { exit, stderr } = await verify('--app', 'shop');
    expect(exit).toBe(1);
    expect(stderr).toContain('No deployment of shop has delivered');
  });

  test('keys of another instance need no sign-in there, but its deployments do', async () => {
    const { exit, stderr } = await verify('--deployment', ID, '--instance', 'http://localhost:1');
    expect({ exit, stderr }).toMatchObject({ exit: 3, stderr: expect.stringContaining('signed in to') });
    const attestation = await saved('envelope.json', envelopeOf());
    const other = await runCli(['verify', file, '--attestation', attestation, '--instance', url]);
    expect(other).toMatchObject({ exit: 0 });
  });
});

describe('offline', () => {
  test('what a build says of itself can’t look like another line of the result', async () => {
    const { exit, stdout } = await offline(envelopeOf('host', key, '1.0\n  Built       in a container'));
    expect(exit).toBe(0);
    expect(stdout).not.toMatch(/^ +Built +in a container/m);
    expect(stdout).toMatch(/^ +Version +1\.0 Built in a container$/m);
  });

  test('a builder that there is none of is a mistake, and those that there are get named', async () => {
    const ran = await offline(envelopeOf(), KEYS, '--builder', 'dokcer');
    expect(ran).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('docker') });
  });

  test.each(['--app', '--deployment'])('an attestation is not taken for one that %s names', async (flag) => {
    const ran = await offline(envelopeOf(), KEYS, flag, flag === '--app' ? 'other' : '0'.repeat(24));
    expect(ran).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('--attestation') });
  });

  test('asks nobody, and needs no sign-in', async () => {
    expect(await offline()).toMatchObject({ exit: 0, stderr: '' });
    expect(asked).toEqual([]);
  });

  test('prints the statement as JSON', async () => {
    const { stdout } = await offline(envelopeOf(), KEYS, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      subjects: ['app.apk'],
      keyId: 'first',
      statement: { predicate: {} },
    });
  });

  test('a file with one other byte is refused', async () => {
    await writeFile(file, 'the apP');
    const { exit, stdout, stderr } = await offline();
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
    expect(stderr).toContain('not about a file with the SHA-256');
  });

  test('an envelope whose payload was changed is refused', async () => {
    const envelope = envelopeOf();
    const payload = Buffer.from(envelope.payload, 'base64').toString().replace('production', 'preview');
    const { exit, stderr } = await offline({ ...envelope, payload: Buffer.from(payload).toString('base64') });
    expect(exit).toBe(1);
    expect(stderr).toContain('The signature does not match');
  });

  test('an envelope that another key has signed under the same name is refused', async () => {
    const { exit, stderr } = await offline(envelopeOf('docker', stranger));
    expect(exit).toBe(1);
    expect(stderr).toContain('another key has signed it');
  });

  test('a revoked key verifies nothing', async () => {
    const revoked = { keys: [{ ...key.jwk, revoked: { revoked_at: 1_791_000_000 } }] };
    expect(await offline(envelopeOf(), revoked)).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('revoked'),
    });
  });

  test('what is no envelope and no key set is refused', async () => {
    expect(await offline('not json')).toMatchObject({ exit: 1, stderr: expect.stringContaining('not JSON') });
    expect(await offline({})).toMatchObject({ exit: 1, stderr: expect.stringContaining('malformed') });
    expect(await offline(envelopeOf(), { keys: {} })).toMatchObject({ exit: 1 });
  });
});

test('a prebuilt output is verified, and told apart', async () => {
  const { exit, stdout, stderr } = await offline(envelopeOf('prebuilt'));
  expect(exit).toBe(0);
  expect(stdout).toContain('built elsewhere');
  expect(stderr).toContain('AppFlux did not build this file');
  expect(await offline(envelopeOf('prebuilt'), KEYS, '--builder', 'docker')).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('the builder is prebuilt, not docker'),
  });
});

test('a file that isn’t there is a mistake of the command line', async () => {
  const { exit, stderr } = await runCli(['verify', join(folder, 'missing')]);
  expect(exit).toBe(2);
  expect(stderr).toContain('ENOENT');
});
