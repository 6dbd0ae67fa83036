import { AppFluxError, SetSourceCredential } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { CredentialForm } from './credential-form.svelte.ts';
import { DepthField } from './depth.svelte.ts';

const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----';

describe('the form of a credential', () => {
  test('sends a token with or without a user name, and no secret of another choice', () => {
    const form = new CredentialForm('token');
    form.token = ' glpat-secret ';
    form.privateKey = KEY;
    expect(form.toCredential()).toEqual({ kind: 'token', token: 'glpat-secret' });
    form.username = 'deploy';
    expect(SetSourceCredential.parse(form.toCredential())).toMatchObject({ username: 'deploy' });
    form.username = 'a:b';
    expect(form.problems.username).toMatch(/colons/);
    expect(form.valid).toBe(false);
  });

  test('sends a private key that ends in a line break, as OpenSSH needs it', () => {
    const form = new CredentialForm('ssh');
    form.privateKey = ` ${KEY} `;
    form.knownHosts = '\n';
    expect(form.valid).toBe(true);
    expect(SetSourceCredential.parse(form.toCredential())).toEqual({ kind: 'ssh', privateKey: `${KEY}\n` });
  });

  test.each([
    ['', 'Paste a private key.'],
    ['ssh-ed25519 AAAA ada', 'This is a public key. Paste the private one.'],
    ['hello', 'A private key begins with -----BEGIN … PRIVATE KEY-----.'],
  ])('rejects “%s” as a private key', (text, problem) => {
    const form = new CredentialForm('ssh');
    form.privateKey = text;
    expect(form.problems.privateKey).toBe(problem);
  });

  test('shows what the server refused at its field, and can be sent again', () => {
    const form = new CredentialForm('generate');
    const issues = [{ path: 'knownHosts', message: 'Enter the host keys' }];
    form.refuse(new AppFluxError('unprocessable', 'No host keys', { issues }));
    expect(form.problems.knownHosts).toBe('Enter the host keys.');
    expect(form.valid).toBe(true);
    form.knownHosts = 'git.example.com ssh-ed25519 AAAA';
    expect(form.problems.knownHosts).toBe(null);
  });

  test('forgets its secrets', () => {
    const form = new CredentialForm('token');
    form.token = 'secret';
    form.privateKey = KEY;
    form.clear();
    expect([form.token, form.privateKey]).toEqual(['', '']);
    expect(form.problems.token).toBe('Enter a token.');
  });

  test('sends nothing without a choice, and only host keys for a new key pair', () => {
    expect(new CredentialForm().toCredential()).toBe(null);
    const form = new CredentialForm('generate');
    form.knownHosts = ' git.example.com ssh-ed25519 AAAA ';
    expect(form.toCredential()).toBe(null);
    expect(form.toKeyRequest()).toEqual({ knownHosts: 'git.example.com ssh-ed25519 AAAA' });
  });
});

describe('the clone depth', () => {
  test.each([1, 50, 'full'] as const)('of %s is read and returned', (depth) => {
    const field = new DepthField(depth);
    expect(field.problem).toBe(null);
    expect(field.depth).toBe(depth);
  });

  test.each(['', '0', '10001', '1.5', 'all'])('can’t be “%s”', (text) => {
    const field = new DepthField();
    field.choice = 'custom';
    field.commits = text;
    expect(field.problem).toBe('Enter a whole number from 1 to 10000.');
  });
});
