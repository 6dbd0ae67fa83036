/** SSH to the server of one repository: with one key, to checked addresses, and only to a server with a known host key. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printable, type SshAccess } from '@appflux/protocol';
import { own, say } from '../../../masking/sentence.ts';
import { JobFailure } from '../../../step-context.ts';

/** What stands for the server in the file of its keys, whatever its name and port. */
const ALIAS = 'repository';

const SSH_URL =
  /^ssh:\/\/[a-z_][a-z0-9_.-]{0,63}@(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?\/[^\p{Cc}\s\\]{1,1024}$/iu;

/**
 * Reads the URL of a repository that is fetched over SSH.
 * @throws {JobFailure} `settings_invalid` if it is none.
 */
export function readSshUrl(text: string): URL {
  if (!SSH_URL.test(text) || !URL.canParse(text)) {
    throw new JobFailure(
      'settings_invalid',
      say`${printable(text, 200)} is not an SSH URL of a repository.`,
      {
        hint: own('Set a URL such as git@example.com:team/app.git.'),
      },
    );
  }
  return new URL(text);
}

/**
 * Writes key and host keys into `folder`, which only this user can read, and gives the command that Git starts for SSH.
 * @param addresses those that may be connected to; null where the name server may be asked.
 */
export async function sshCommand(
  access: SshAccess,
  folder: string,
  addresses: readonly string[] | null,
): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const key = join(folder, 'key');
  const knownHosts = join(folder, 'known_hosts');
  // OpenSSH reads neither the line ends of Windows nor a last line without one.
  const text = `${access.privateKey.trim().replace(/\r\n?/g, '\n')}\n`;
  await writeFile(key, text, { mode: 0o600 });
  await writeFile(knownHosts, access.hostKeys.map((hostKey) => `${ALIAS} ${hostKey}\n`).join(''));
  const options = [
    `IdentityFile=${key}`,
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    `UserKnownHostsFile=${knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    `HostKeyAlias=${ALIAS}`,
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'CheckHostIP=no',
    'VerifyHostKeyDNS=no',
    'PreferredAuthentications=publickey',
    'BatchMode=yes',
    'ForwardAgent=no',
    'PermitLocalCommand=no',
    'ControlMaster=no',
    'ControlPath=none',
    'ProxyCommand=none',
    'ConnectTimeout=15',
    'ServerAliveInterval=15',
    'ServerAliveCountMax=4',
    ...(addresses === null ? [] : [`HostName=${preferred(addresses)}`]),
  ];
  return ['ssh', '-F', '/dev/null', '-a', '-x', ...options.flatMap((option) => ['-o', quoted(option)])].join(
    ' ',
  );
}

/** SSH connects to one address only: IPv4 first, which more hosts can reach. */
const preferred = (addresses: readonly string[]): string =>
  addresses.find((address) => !address.includes(':')) ?? addresses[0] ?? '';

/** A word of a shell's command line. Within it, OpenSSH reads `%` and double quotes. */
const quoted = (option: string): string =>
  `'${option
    .replace(/=(.*\s.*)$/, '="$1"')
    .replaceAll('%', '%%')
    .replaceAll("'", "'\\''")}'`;
