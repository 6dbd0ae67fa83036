/** Repository URLs: which ones are accepted, and when two of them mean the same repository. */
import { z } from 'zod';
import { withoutScpForm } from './ssh-url.ts';

const SSH_USER = /^[A-Za-z0-9_][\w.-]*$/;

/** The ports that a URL doesn't need to name. */
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443', 'ssh:': '22' };

/** What is wrong with a repository URL; null if nothing is. */
export function repoUrlProblem(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.hostname === '' || !(url.protocol in DEFAULT_PORTS)) {
    return 'A repository URL must begin with https:// or ssh://, or have the form git@host:path';
  }
  if (url.protocol === 'ssh:') {
    if (/[\p{Cc}\s]/u.test(text)) return 'A repository URL can’t contain spaces';
    if (!SSH_USER.test(url.username)) return 'An SSH URL must name a user, such as ssh://git@host/path';
    if (url.password !== '') return 'A repository URL can’t contain a password';
    if (url.hostname.startsWith('-')) return 'A host name can’t begin with a hyphen';
    return /^\/*$/.test(url.pathname) ? 'A repository URL must have a path' : null;
  }
  return /^[a-z]+:\/\/[^/]*@/i.test(text) ? 'A repository URL can’t contain a user name or password' : null;
}

/**
 * A URL that Git can clone from: over https, or over SSH with a user name. The scp form becomes an `ssh://` URL. A
 * runner accepts plain http only if its owner allows it.
 */
export const RepoUrl = z
  .string()
  .max(2048)
  .overwrite((text) => withoutScpForm(text).trim())
  .superRefine((text, context) => {
    const message = repoUrlProblem(text);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

/**
 * A repository as `host/owner/name`, in which its https, ssh and scp forms are alike: in lower case, without the user,
 * a default port, `.git`, a query or slashes at the end. Null for a text that is no repository URL.
 */
export function repoKeyOf(repoUrl: string): string | null {
  const text = withoutScpForm(repoUrl.trim());
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const defaultPort = DEFAULT_PORTS[url.protocol];
  if (defaultPort === undefined || url.hostname === '') return null;
  const port = url.port === '' || url.port === defaultPort ? '' : `:${url.port}`;
  const path = decoded(url.pathname)
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/i, '')
    .replace(/\/+$/, '');
  return path === '' ? null : `${url.hostname}${port}/${path}`.toLowerCase();
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A lone percent sign: the path stands for itself.
    return path;
  }
}
