/** The command that makes a machine a runner. */

/** What the script is, and whom it makes. */
export interface Install {
  readonly scriptUrl: string;
  /** SHA-256 of the script, in hex. */
  readonly scriptSha256: string;
  readonly token: string;
  readonly name: string;
  readonly labels: readonly string[];
}

/**
 * Downloads the script, compares its checksum and runs it, quoted for a POSIX shell. The token is piped in, because every
 * user of the machine can read arguments.
 */
export function installCommand({ scriptUrl, scriptSha256, token, name, labels }: Install): string {
  const url = quoted(scriptUrl);
  const file = 'install-runner.sh';
  const args = ['--name', quoted(name), ...(labels.length > 0 ? ['--labels', quoted(labels.join(','))] : [])];
  return [
    `{ curl -fsSo ${file} ${url} || wget -qO ${file} ${url}; }`,
    `echo '${scriptSha256} *${file}' | sha256sum -c -`,
    `echo ${quoted(token)} | sh ${file} ${args.join(' ')}`,
  ].join(' && ');
}

/** Whether other machines can't reach a URL, because it names the machine that it is used on. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0)$/.test(hostname);
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
