/** An SSH server for tests: it admits one key, and serves real repositories by the real `git upload-pack`. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';

export interface SshServer {
  /** Where repositories lie: `${url}/name.git`. */
  readonly url: string;
  /** The server's own key, as `known_hosts` has it after the host. */
  readonly hostKey: string;
  /** The commands that were asked for. */
  readonly commands: string[];
  close(): Promise<void>;
}

/** A key pair in OpenSSH's format; the public half is type and base64. */
export function sshKey(folder: string, name: string): { privateKey: string; publicKey: string } {
  const path = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
  const [type, base64] = readFileSync(`${path}.pub`, 'utf8').split(' ');
  return { privateKey: readFileSync(path, 'utf8'), publicKey: `${type} ${base64}` };
}

/**
 * Serves the bare repositories in `folder` to anyone who has the private half of `admitted`.
 * @param keys a folder for the server's own key
 */
export async function startSshServer(folder: string, keys: string, admitted: string): Promise<SshServer> {
  const own = sshKey(keys, 'host');
  const commands: string[] = [];
  const wanted = Buffer.from(admitted.split(' ')[1] ?? '', 'base64');
  const clients = new Set<ssh2.Connection>();
  const server = new ssh2.Server({ hostKeys: [own.privateKey] }, (client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    // A client that goes away, which refused ones do.
    client.on('error', () => client.end());
    client.on('authentication', (ctx) => {
      if (ctx.method === 'publickey' && ctx.key.data.equals(wanted)) ctx.accept();
      else ctx.reject(['publickey']);
    });
    client.on('session', (accept) => {
      const session = accept();
      let protocol: string | undefined;
      session.on('env', (acceptEnv, _reject, { key, val }) => {
        if (key === 'GIT_PROTOCOL') protocol = val;
        acceptEnv?.();
      });
      session.on('exec', (acceptExec, reject, { command }) => {
        commands.push(command);
        const name = /^git-upload-pack '\/?([\w-]+\.git)'$/.exec(command)?.[1];
        if (name === undefined) {
          reject();
          return;
        }
        const channel = acceptExec();
        const child = spawn('git', ['upload-pack', join(folder, name)], {
          env: { PATH: process.env.PATH, ...(protocol === undefined ? {} : { GIT_PROTOCOL: protocol }) },
        });
        channel.pipe(child.stdin);
        child.stdin.on('error', () => channel.unpipe(child.stdin));
        child.stdout.pipe(channel, { end: false });
        child.stderr.pipe(channel.stderr, { end: false });
        child.on('close', (code) => {
          channel.exit(code ?? 1);
          channel.end();
        });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `ssh://git@127.0.0.1:${port}`,
    hostKey: own.publicKey,
    commands,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const client of clients) client.end();
      }),
  };
}
