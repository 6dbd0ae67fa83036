/** The URL of an instance as a person types it. */
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';

/**
 * The origin of an instance: `example.com` means `https://example.com`, and a path is left away.
 * @throws CliProblem `usage` if it is no http or https URL, or has a user name or password
 */
export function instanceUrl(text: string): string {
  const trimmed = text.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new CliProblem(
      EXIT.usage,
      `"${trimmed}" is not the URL of an instance.`,
      'Write https://appflux.example.com.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new CliProblem(
      EXIT.usage,
      'The URL of an instance can’t have a user name or password.',
      'Sign in with "appflux login", or set APPFLUX_TOKEN.',
    );
  }
  return url.origin;
}

/** Whether what is sent there can be read on the way: plain http, except to this machine. */
export function isReadable(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  const local =
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d+){3}$/.test(hostname);
  return protocol === 'http:' && !local;
}
