import { describe, expect, test } from 'vitest';
import { isPrivateHost } from './private-host.ts';

const hostOf = (text: string) => new URL(`http://${text}/`).hostname;

describe('hosts that rewrites may not reach', () => {
  test.each([
    'localhost',
    'LOCALHOST.',
    'a.localhost',
    'printer',
    'printer.local',
    'db.internal',
    'nas.lan',
    'x.home.arpa',
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.127.255.255',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.0.1',
    '198.18.0.1',
    '198.19.255.255',
    '224.0.0.1',
    '255.255.255.255',
    '192.0.2.1',
    '[::]',
    '[::1]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd12:3456::1]',
    '[ff02::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:8.8.8.8]',
    '[::127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::10.0.0.1]',
    '[2002:7f00:1::]',
    '[2002:a00:1::1]',
    '[2001:db8::1]',
    '[2001::1]',
    '[100::1]',
  ])('%s', (text) => {
    expect(isPrivateHost(hostOf(text))).toBe(true);
  });
});

describe('hosts on the internet', () => {
  test.each([
    'api.example.com',
    'localhost.example.com',
    'local.example',
    'internal.example.com',
    'xn--bcher-kva.example',
    '8.8.8.8',
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
    '169.253.0.1',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '[2606:4700::1111]',
    '[2a00:1450::1]',
    '[64:ff9b::8.8.8.8]',
    '[2002:808:808::1]',
  ])('%s', (text) => {
    expect(isPrivateHost(hostOf(text))).toBe(false);
  });
});
