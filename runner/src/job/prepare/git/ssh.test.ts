import { readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceAccess } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareSource } from '../index.ts';
import { SOURCE_LIMITS } from '../limits.ts';
import { BareRepository } from '../testing/repository.ts';
import { type SshServer, sshKey, startSshServer } from '../testing/ssh-server.ts';
import { failureOf, surroundings, type TestSurroundings } from '../testing/surroundings.ts';
import { readSshUrl, sshCommand } from './ssh.ts';

let around: TestSurroundings;
let server: SshServer;
let deployKey: { privateKey: string; publicKey: string };
let keys: string;
let commit: string;

beforeEach(async () => {
  around = await surroundings();
  const repos = join(around.folder, 'repos');
  keys = join(around.folder, 'keys of tests');
  await mkdir(repos);
  await mkdir(keys);
  deployKey = sshKey(keys, 'deploy');
  commit = new BareRepository(repos, 'app.git').commit({ 'a.txt': 'private' });
  server = await startSshServer(repos, keys, deployKey.publicKey);
});

afterEach(async () => {
  await server.close();
  await around.remove();
});

function prepare(change: Partial<NonNullable<SourceAccess['ssh']>> = {}, allowPrivateSources = true) {
  const ssh = {
    url: `${server.url}/app.git`,
    privateKey: deployKey.privateKey,
    hostKeys: [server.hostKey],
    ...change,
  };
  return prepareSource(
    {
      kind: 'git',
      repoUrl: 'https://127.0.0.1/app.git',
      branch: 'main',
      commit: null,
      token: null,
      rootDirectory: './',
    },
    around.workspace,
    { allowPrivateSources, limits: { ...SOURCE_LIMITS, retryMs: [] }, access: { ssh } },
    around.ctx,
  );
}

describe('a private repository over SSH', () => {
  it('is fetched with its deploy key, which is gone afterwards', async () => {
    const prepared = await prepare();
    expect(prepared.commitHash).toBe(commit);
    expect(readFileSync(join(prepared.root, 'a.txt'), 'utf8')).toBe('private');
    expect(server.commands).toEqual(["git-upload-pack '/app.git'"]);
    expect(around.lines.join('\n')).not.toContain('PRIVATE KEY');
    const left = readdirSync(around.workspace.scratch, { recursive: true }).map(String);
    expect(left.filter((path) => /key|known_hosts/.test(path))).toEqual([]);
    const config = readFileSync(join(around.workspace.source, '.git/config'), 'utf8');
    expect(config).not.toContain('127.0.0.1');
  });

  it('is fetched with a key whose file has the line ends of Windows', async () => {
    const privateKey = deployKey.privateKey.trim().replaceAll('\n', '\r\n');
    expect((await prepare({ privateKey })).commitHash).toBe(commit);
  });

  it('asks for its submodules by https, at their own address and without the key', async () => {
    const repos = join(around.folder, 'repos');
    const theme = new BareRepository(repos, 'theme.git').commit({ a: 'a' });
    new BareRepository(repos, 'site.git').commit({
      'appflux.json': '{"submodules":true}',
      theme: { mode: '160000', commit: theme },
      '.gitmodules': '[submodule "theme"]\n\tpath = theme\n\turl = ../theme.git\n',
    });
    const failure = await failureOf(prepare({ url: `${server.url}/site.git` }));
    expect(failure.message).toBe('The connection to https://127.0.0.1/theme.git failed (submodule theme).');
    expect(server.commands).toEqual(["git-upload-pack '/site.git'"]);
  });

  it('is refused with another key', async () => {
    const { privateKey } = sshKey(keys, 'other');
    const failure = await failureOf(prepare({ privateKey }));
    expect(failure.code).toBe('source_unavailable');
    expect(failure.message).toBe(`The server rejected the SSH key for ${server.url}/app.git (branch main).`);
  });

  it('is fetched from no server with another host key, which never sees the key', async () => {
    const hostKeys = [sshKey(keys, 'impostor').publicKey];
    const failure = await failureOf(prepare({ hostKeys }));
    expect(failure.message).toContain('another host key');
    expect(server.commands).toEqual([]);
  });

  it('is fetched from no private address, unless the owner of the runner allows it', async () => {
    const failure = await failureOf(prepare({}, false));
    expect(failure.message).toBe(
      `${server.url}/app.git resolves to an address that this runner doesn’t allow (loopback).`,
    );
    expect(server.commands).toEqual([]);
  });
});

describe('the URL of a repository over SSH', () => {
  it.each([
    'ssh://git@example.com/team/app.git',
    'ssh://git@example.com:2222/~me/app',
    'ssh://git@[2001:db8::1]/a.git',
  ])('is read: %s', (text) => expect(readSshUrl(text).protocol).toBe('ssh:'));

  it.each([
    'ssh://-oProxyCommand=id@example.com/a',
    'ssh://git@-oProxyCommand=id/a',
    'ssh://git@example.com',
    'ssh://example.com/a',
    'ssh://git:pw@example.com/a',
    'ssh://git@example.com/a b',
    'ssh://git@exa$(id)mple.com/a',
    'https://example.com/a',
    'ext::sh -c id',
  ])('is refused: %s', (text) => {
    expect(() => readSshUrl(text)).toThrowError(expect.objectContaining({ code: 'settings_invalid' }));
  });
});

describe('the command for SSH', () => {
  it('names the address that was checked, and quotes what a shell would read', async () => {
    const folder = join(around.folder, "it's 100% odd");
    const access = { url: 'ssh://git@h/a', privateKey: 'k', hostKeys: ['ssh-ed25519 AAAA'] };
    const command = await sshCommand(access, folder, ['2001:db8::1', '192.0.2.7']);
    expect(command).toContain("'HostName=192.0.2.7'");
    expect(command).toContain(`'IdentityFile="${around.folder}/it'\\''s 100%% odd/key"'`);
    expect(readFileSync(join(folder, 'known_hosts'), 'utf8')).toBe('repository ssh-ed25519 AAAA\n');
  });
});
