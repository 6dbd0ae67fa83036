import { AddressStatus, MachineStatus } from '@appflux/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { addressesOf } from '../addresses/addresses.ts';
import { LOOPBACK_ONLY } from '../addresses/reach.ts';
import { type Answering, type Answers, publicAddresses, serveAnswers } from './answers.ts';

const addresses = addressesOf({
  port: 8787,
  reach: { ...LOOPBACK_ONLY, publicUrl: 'https://flux.example.com', sitesDomain: 'sites.example.com' },
});

const MACHINE: MachineStatus = {
  disks: [{ what: 'state', totalBytes: 10, freeBytes: 4 }],
  versions: { node: 'v24.0.0', docker: null, stateFormat: '1' },
};

let answers: Answers;
afterEach(() => answers[Symbol.asyncDispose]());

const serve = async (changes: Partial<Answering> = {}) => {
  answers = await serveAnswers({
    addresses,
    mayHaveCertificate: async (host) => host === 'shop.sites.example.com',
    certificates: async () => [],
    machine: async () => MACHINE,
    resolve: async () => ['203.0.113.7'],
    ...changes,
  });
};
const ask = async (domain: string) => (await fetch(`${answers.askUrl}?domain=${domain}`)).status;

describe('the question for a certificate', () => {
  test('is answered by yes or no', async () => {
    await serve();
    expect([await ask('shop.sites.example.com'), await ask('gone.sites.example.com'), await ask('')]).toEqual(
      [200, 404, 404],
    );
  });

  test('is put off while nobody knows', async () => {
    await serve({
      mayHaveCertificate: async () => {
        throw new Error('the edge is being restarted');
      },
    });
    expect(await ask('shop.sites.example.com')).toBe(503);
  });

  test('is answered to nobody who does not know the path', async () => {
    await serve();
    const { origin, pathname } = new URL(answers.askUrl);
    const [, secret = ''] = pathname.split('/');
    for (const path of [
      '/ask',
      '//ask',
      '/x/ask',
      `/${secret.slice(1)}/ask`,
      `/${secret}`,
      `/${secret}/other`,
    ])
      expect((await fetch(`${origin}${path}?domain=shop.sites.example.com`)).status, path).toBe(404);
  });
});

test('the state of the machine is answered, and put off while it can’t be read', async () => {
  await serve();
  expect(MachineStatus.parse(await (await fetch(answers.machineUrl)).json())).toEqual(MACHINE);
  await answers[Symbol.asyncDispose]();
  await serve({ machine: () => Promise.reject(new Error('the disk is away')) });
  expect((await fetch(answers.machineUrl)).status).toBe(503);
});

describe('the status', () => {
  const status = async (hosts: string[]) => {
    const url = new URL(answers.statusUrl);
    for (const host of hosts) url.searchParams.append('host', host);
    return AddressStatus.parse(await (await fetch(url)).json());
  };

  test('names hosts that do not resolve, sites only without a wildcard', async () => {
    const hosts = ['flux.example.com', 'shop.sites.example.com', 'localhost', '203.0.113.7'];
    await serve({
      resolve: async () => {
        throw new Error('ENOTFOUND');
      },
    });
    expect(await status(hosts)).toMatchObject({
      tls: 'off',
      wildcard: false,
      unresolved: ['flux.example.com', 'shop.sites.example.com'],
    });
    await answers[Symbol.asyncDispose]();
    await serve({
      resolve: async (name) => {
        if (name.endsWith('.sites.example.com')) return ['203.0.113.7'];
        throw new Error('ENOTFOUND');
      },
    });
    expect(await status(hosts)).toMatchObject({ wildcard: true, unresolved: ['flux.example.com'] });
  });
});

test('of a machine only addresses that visitors can reach count', () => {
  const one = (address: string, internal = false) => ({ address, internal }) as never;
  expect(
    publicAddresses({
      lo: [one('127.0.0.1', true), one('::1', true)],
      eth0: [one('10.0.0.5'), one('203.0.113.7'), one('fe80::1'), one('2001:db8::7')],
      docker0: [one('172.17.0.1')],
      none: undefined,
    }),
  ).toEqual(['203.0.113.7', '2001:db8::7']);
});
