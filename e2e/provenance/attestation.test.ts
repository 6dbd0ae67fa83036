/**
 * Provenance, checked by others: the commands of docs/provenance.md with OpenSSL, and Sigstore's verifier. The instance is
 * a real one; the runner delivers what the test decides.
 */
import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, verifyEnvelope } from '@appflux/client';
import type { DsseEnvelope, ProvenanceKeys } from '@appflux/protocol';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../../stack/command.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { simulatedBuild } from '../instance/simulated-build.ts';

const APK = Buffer.from('the bytes of an app');

let edge: EdgeInstance;
let id: string;
let envelope: DsseEnvelope;
let keys: ProvenanceKeys;

beforeAll(async () => {
  edge = await startInstance();
  const build = await simulatedBuild(edge, 'signed');
  const sha256 = createHash('sha256').update(APK).digest('hex');
  await build.attempt.deliver({ name: 'app.apk', sha256 }, APK);
  build.attempt.finish({ status: 'success', artifacts: ['app.apk'] });
  await build.client.untilEnded(build.id);
  id = build.id;
  envelope = await build.client.api.deployments.attestation(id);
  keys = await build.client.api.instance.provenanceKeys();
});

afterAll(() => edge?.stop());

/** The commands of the documentation: its one block of shell. */
async function documented(): Promise<string> {
  const text = await readFile(join(ROOT, 'docs', 'provenance.md'), 'utf8');
  const block = /^```sh\n(.*?)^```$/ms.exec(text)?.[1];
  if (block === undefined) throw new Error('docs/provenance.md has no block of shell');
  return block;
}

/** Runs the documented commands in a folder with this file. `change` is a command between the downloads and the rest. */
async function verifyManually(file: Buffer, { change = '', token = edge.token } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-verify-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'app.apk'), file);
  const script = (await documented()).replace(/(keys\.json)\n/, `$1\n${change}\n`);
  return execa('bash', ['-e', '-c', script], {
    cwd: folder,
    env: { URL: edge.url, ID: id, TOKEN: token },
    reject: false,
    all: true,
  });
}

describe('the documented commands', () => {
  test('verify a delivered file with OpenSSL', async () => {
    const { exitCode, all } = await verifyManually(APK);
    expect([exitCode, all]).toEqual([0, 'Verified OK\napp.apk: OK']);
  });

  test.each([
    ['a file that was changed', { file: Buffer.from('other bytes') }, 'app.apk: FAILED'],
    [
      'a statement that was changed',
      {
        change: `node -e 'const f = require("fs"), e = JSON.parse(f.readFileSync("envelope.json"));
          e.payload = btoa(atob(e.payload).replace("production", "preview"));
          f.writeFileSync("envelope.json", JSON.stringify(e))'`,
      },
      'Verification failure',
    ],
    [
      'a signature of another key',
      {
        change: `node -e 'const f = require("fs"), { keys: [key] } = JSON.parse(f.readFileSync("keys.json"));
          const { publicKey } = require("crypto").generateKeyPairSync("ec", { namedCurve: "P-256" });
          const { x, y } = publicKey.export({ format: "jwk" });
          f.writeFileSync("keys.json", JSON.stringify({ keys: [{ ...key, x, y }] }))'`,
      },
      'Verification failure',
    ],
    ['an unknown key', { change: `echo '{"keys":[]}' > keys.json` }, 'an unknown or revoked key'],
  ])('refuse %s', async (_, { file = APK, change = '' }: { file?: Buffer; change?: string }, expected) => {
    const { exitCode, all } = await verifyManually(file, { change });
    expect(exitCode, all).not.toBe(0);
    expect(all).toContain(expected);
  });

  test('get no statement without the right token', async () => {
    const { exitCode, all } = await verifyManually(APK, { token: 'afx_wrong' });
    expect([exitCode, all]).toEqual([22, expect.stringContaining('401')]);
  });
});

describe('Sigstore’s verifier', () => {
  const options = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };

  /** Trusts the published keys, by the hint that a bundle names. */
  const verifier = (published: ProvenanceKeys) =>
    new Verifier(
      toTrustMaterial(
        { mediaType: '', tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] },
        (hint) => {
          const key = published.keys.find(({ kid }) => kid === hint);
          if (key === undefined) throw new Error(`no key ${hint}`);
          return {
            publicKey: createPublicKey({ key: key as unknown as JsonWebKey, format: 'jwk' }),
            validFor: (date) => date.getTime() / 1000 >= key.nbf && date.getTime() / 1000 <= key.exp,
          };
        },
      ),
      options,
    );

  const entityOf = (signed: DsseEnvelope) =>
    toSignedEntity(
      bundleFromJSON({
        mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        verificationMaterial: { publicKey: { hint: signed.signatures[0]?.keyid } },
        dsseEnvelope: signed,
      }),
    );

  test('accepts the envelope with the published key, and no changed one', () => {
    expect(() => verifier(keys).verify(entityOf(envelope))).not.toThrow();
    const payload = Buffer.from(envelope.payload, 'base64').toString().replace('production', 'preview');
    const changed = { ...envelope, payload: Buffer.from(payload).toString('base64') };
    expect(() => verifier(keys).verify(entityOf(changed))).toThrow('signature verification failed');
  });
});

test('the statement names the kind of runner by its registration, and the instance by PUBLIC_URL', async () => {
  const { statement } = await verifyEnvelope(envelope, keys);
  expect(statement.predicate.runDetails.builder.id).toBe(`${edge.url}/.well-known/appflux/builders/docker`);
});

test('after a crash and a rotation the statement is the same, and its old key still verifies it', async () => {
  await edge.crash();
  const operator = createClient({ url: edge.url, token: edge.operatorSecret });
  const rotated = await operator.operator.rotateProvenanceKey();
  expect(rotated.keys).toHaveLength(2);
  const { deployments } = createClient({ url: edge.url, token: edge.token });
  const again = await deployments.attestation(id);
  expect(again).toEqual(envelope);
  expect((await verifyEnvelope(again, rotated)).keyId).toBe(rotated.keys[1]?.kid);
});
