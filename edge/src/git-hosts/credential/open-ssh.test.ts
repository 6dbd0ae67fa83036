import { describe, expect, it } from 'vitest';
import { createPrivateKey, fingerprint, readHostKeys, readPrivateKey } from './open-ssh.ts';

const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';

/** The body of a private key in OpenSSH's format that begins with these fields. */
function bodyOf(...fields: string[]): string {
  const bytes = [...'openssh-key-v1\0'].map((char) => char.charCodeAt(0));
  for (const field of fields)
    bytes.push(0, 0, 0, field.length, ...[...field].map((char) => char.charCodeAt(0)));
  return btoa(String.fromCharCode(...bytes));
}

const file = (body: string, label = 'OPENSSH PRIVATE KEY') =>
  `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;

describe('a private key', () => {
  it('that is created can be read, and each is another', async () => {
    const [one, other] = await Promise.all([
      createPrivateKey('appflux-shop'),
      createPrivateKey('appflux-shop'),
    ]);
    const read = readPrivateKey(one);
    expect(read.privateKey).toBe(one);
    expect(read.publicKey).toMatch(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5[\w+/]+$/);
    expect(readPrivateKey(other).publicKey).not.toBe(read.publicKey);
    expect(one.split('\n').every((line) => line.length <= 70)).toBe(true);
  });

  it('gets the line ends that OpenSSH reads', async () => {
    const key = await createPrivateKey('x');
    expect(readPrivateKey(`\r\n ${key.trim().replaceAll('\n', '\r\n')}  `).privateKey).toBe(key);
  });

  it('in PEM format is accepted, without its public half', () => {
    expect(readPrivateKey(file('MHcCAQEE', 'EC PRIVATE KEY')).publicKey).toBeNull();
    expect(readPrivateKey(file('MHcCAQEE', 'PRIVATE KEY')).publicKey).toBeNull();
  });

  it.each([
    ['OpenSSH', file(bodyOf('aes256-ctr', 'bcrypt', 'salt'))],
    ['PKCS #8', file('MIIB', 'ENCRYPTED PRIVATE KEY')],
    ['PEM', file('Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIB', 'RSA PRIVATE KEY')],
  ])('with a passphrase is refused (%s)', (_format, text) => {
    expect(() => readPrivateKey(text)).toThrow('has a passphrase');
  });

  it.each([
    ['a public key', HOST_KEY],
    ['nothing', ''],
    ['a certificate', file('MIIB', 'CERTIFICATE')],
    ['half of one', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE'],
  ])('is refused when it is %s', (_what, text) => {
    expect(() => readPrivateKey(text)).toThrow('not a private SSH key');
  });

  it.each([
    ['no base64', 'b3Blbn*'],
    ['another format', btoa('openssh-key-v2\0')],
    ['cut off', bodyOf('none')],
    ['a length beyond its end', btoa('openssh-key-v1\0\xff\xff\xff\xff')],
    ['two keys', btoa(`openssh-key-v1\0${'\0\0\0\x04none'.repeat(2)}\0\0\0\0\0\0\0\x02`)],
  ])('is refused when it has %s', (_what, body) => {
    expect(() => readPrivateKey(file(body))).toThrow('damaged');
  });
});

describe('host keys', () => {
  it('are read from known_hosts and from ssh-keyscan, each once', () => {
    const lines = [
      '# git.example.com:22 SSH-2.0-OpenSSH_9.2p1',
      `git.example.com ${HOST_KEY}`,
      `[git.example.com]:2222 ${HOST_KEY} comment`,
      `|1|c2FsdA==|aGFzaA== ${HOST_KEY}`,
      '',
      'git.example.com ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=',
      HOST_KEY,
    ];
    expect(readHostKeys(lines.join('\r\n'))).toEqual([
      HOST_KEY,
      'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY=',
    ]);
    expect(readHostKeys('')).toEqual([]);
  });

  it.each([
    `@revoked git.example.com ${HOST_KEY}`,
    `@cert-authority *.example.com ${HOST_KEY}`,
    'git.example.com',
    'git.example.com ssh-dss AAAA',
    'git.example.com ssh-ed25519 not base64',
    `a b ${HOST_KEY}`,
    'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU (ED25519)',
  ])('are refused where a line has none: %s', (line) => {
    expect(() => readHostKeys(`${HOST_KEY}\n${line}`)).toThrow('Line 2');
  });

  it('have the fingerprints that GitHub publishes', async () => {
    expect(await fingerprint(HOST_KEY)).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
  });
});
