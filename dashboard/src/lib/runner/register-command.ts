/** The command that registers a machine as a runner, quoted for a POSIX shell. */
export function registerCommand(
  origin: string,
  token: string,
  name: string,
  labels: readonly string[],
): string {
  const args = ['appflux-runner', 'register', '--url', origin, '--token', token, '--name', name];
  if (labels.length > 0) args.push('--labels', labels.join(','));
  return args
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
