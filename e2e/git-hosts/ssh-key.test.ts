import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPrivateKey, readPrivateKey } from '../../edge/src/git-hosts/credential/open-ssh.ts';

test('OpenSSH reads the keys that the edge creates, and the edge those of OpenSSH', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'appflux-key-'));
  try {
    const created = await createPrivateKey('appflux-shop');
    const path = join(folder, 'created');
    writeFileSync(path, created, { mode: 0o600 });
    const derived = execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim();
    expect(derived).toBe(`${readPrivateKey(created).publicKey} appflux-shop`);

    for (const type of ['ed25519', 'ecdsa', 'rsa']) {
      const own = join(folder, type);
      execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', own]);
      const [privateKey, publicKey] = [own, `${own}.pub`].map((file) => readFileSync(file, 'utf8'));
      expect(readPrivateKey(privateKey ?? '').publicKey).toBe(publicKey?.trim());
    }
    const locked = join(folder, 'locked');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', locked]);
    const text = readFileSync(locked, 'utf8');
    expect(() => readPrivateKey(text)).toThrow('has a passphrase');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
