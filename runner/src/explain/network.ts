/** A host that the build may not reach, or that does not answer, as each tool passes the proxy's answer on. */
import { REFUSED } from '../sandbox/egress/refusal.ts';
import { ALLOW } from './registries.ts';
import { before, byRules, group } from './rule.ts';

const NO_SSH = 'Builds can’t fetch dependencies over SSH. Use https URLs.';

export const explainNetwork = byRules([
  // The runner's own words, where a tool shows them.
  {
    when: /(?<host>[\w.:-]{1,300}) is not an allowed host/,
    say: ({ match }) => match[0],
    hint: ALLOW,
  },
  { when: /tunneling socket could not be established/, hint: ALLOW },
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
  {
    when: /gyp ERR! stack Error: 403 response downloading \S+/,
    hint: `A package with native code is compiled, for which node-gyp downloads the headers of Node.js. ${ALLOW} Or use a version of the package that has a prebuilt binary for this Node.js.`,
  },
  { when: new RegExp(REFUSED), hint: ALLOW },
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
