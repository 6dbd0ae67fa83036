/** A host that the build may not reach, or that does not answer, as each tool passes the proxy's answer on. */
import { before, byRules, group } from './rule.ts';

const ALLOW =
  'Builds can only reach the allowed hosts. A log line starting with "Network:" names the refused host; the owner of the runner can add it to the allowed hosts.';

const PRIVATE =
  'The registry denies access to this package. If it is private, add a variable with a token (such as NPM_TOKEN) to the app and use it in .npmrc.';

const NO_SSH = 'Builds can’t fetch dependencies over SSH. Use https URLs.';

export const explainNetwork = byRules([
  // The runner's own words, where a tool shows them.
  { when: /is not an allowed host/, hint: ALLOW },
  { when: /^npm (?:error|ERR!) 403 403 Forbidden/, hint: `${ALLOW} Otherwise: ${PRIVATE}` },
  { when: /ERR_PNPM_FETCH_403/, hint: `${ALLOW} Otherwise: ${PRIVATE}` },
  { when: /ProxyConnectFailed/, hint: ALLOW },
  { when: /^error: GET \S+ - 403$/, hint: `${ALLOW} Otherwise: ${PRIVATE}` },
  { when: /tunneling socket could not be established/, hint: ALLOW },
  { when: /YN\d{4}: .{0,300}(?:Bad response: 403|Response Code: 403)/, hint: ALLOW },
  { when: /CONNECT tunnel failed, response 403|Received HTTP code 403 from proxy/, hint: ALLOW },
  {
    when: /Unable to tunnel through proxy|Proxy returns "HTTP\/1\.1 403|Proxy failed to establish tunnel \(403/,
    say: (found) => {
      const what = before(found, /Could not (?:GET|HEAD|resolve) \S+/, 4)?.[0];
      return what === undefined ? found.match.input : `${what} ${found.match.input.replace(/^[\s>]+/, '')}`;
    },
    hint: ALLOW,
  },
  { when: /Proxy response \(403\) !== 200/, hint: ALLOW },
  { when: /(?:ERR_PNPM_FETCH_401|npm (?:error|ERR!) code E401)/, hint: PRIVATE },
  {
    when: /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) [\w.-]+/,
    hint: `Builds have no DNS. Tools that fetch must use HTTPS_PROXY (for fetch in Node, set NODE_USE_ENV_PROXY=1). ${ALLOW}`,
  },
  {
    when: /Host key verification failed|ssh: (?:connect to host|Could not resolve hostname)|git@[\w.-]+: Permission denied/,
    hint: NO_SSH,
  },
  // npm reaches for SSH where a dependency is written as github:owner/name.
  {
    when: /^npm (?:error|ERR!) command git .{0,200}ssh:\/\/(?<what>\S+)/,
    say: (found) => `git+ssh://${group(found, 'what')} cannot be fetched`,
    hint: `${NO_SSH} A dependency such as "github:owner/name" becomes "git+https://…". A registry package is better.`,
  },
]);
