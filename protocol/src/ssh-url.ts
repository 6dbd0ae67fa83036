/** The two ways to write the URL of a repository that is fetched over SSH. */

/**
 * The scp form of an SSH URL, `user@host:path` (git-clone(1), "Git URLs"). A path that begins with `//` belongs to a
 * URL with a scheme; a user or host that begins with `-` would be read as an option.
 */
const SCP_FORM = /^([A-Za-z0-9_][\w.-]*)@([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\]):(?!\/\/)\/?([^\s]+)$/;

/** `user@host:path` as `ssh://user@host/path`; any other text unchanged. */
export function withoutScpForm(text: string): string {
  const scp = SCP_FORM.exec(text.trim());
  return scp === null ? text : `ssh://${scp[1]}@${scp[2]}/${scp[3]}`;
}

/** Whether a repository URL is fetched over SSH. */
export const isSshUrl = (repoUrl: string): boolean => /^ssh:\/\//i.test(withoutScpForm(repoUrl));
