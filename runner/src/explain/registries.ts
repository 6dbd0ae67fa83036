/** Package registries that a build can't use: refused by the runner's proxy, on another computer, or private. */
import { REFUSED } from '../sandbox/egress/refusal.ts';
import { byRules, group, type Rule } from './rule.ts';

/** Where a package manager reads which registry it asks. */
interface Manager {
  readonly lockfile: string;
  readonly settings: string;
  readonly install: string;
}

const NPM: Manager = { lockfile: 'package-lock.json', settings: '.npmrc', install: 'npm install' };
const PNPM: Manager = { lockfile: 'pnpm-lock.yaml', settings: '.npmrc', install: 'pnpm install' };
const YARN: Manager = { lockfile: 'yarn.lock', settings: '.npmrc or .yarnrc', install: 'yarn install' };
const BERRY: Manager = { lockfile: 'yarn.lock', settings: '.yarnrc.yml', install: 'yarn install' };
const BUN: Manager = { lockfile: 'bun.lock', settings: '.npmrc or bunfig.toml', install: 'bun install' };

export const ALLOW =
  'Builds can only reach the allowed hosts. A log line starting with "Network:" names the refused host; the owner of the runner can add it to the allowed hosts.';

const PRIVATE =
  'The registry denies access to this package. If it is private, add a variable with a token (such as NPM_TOKEN) to the app and use it in .npmrc.';

const renew = ({ lockfile, settings, install }: Manager): string =>
  `remove it from ${settings}, delete ${lockfile} and node_modules, run \`${install}\` and commit the new lockfile.`;

const places = ({ lockfile, settings }: Manager): string =>
  `${lockfile}${settings.includes(' or ') ? ', ' : ' or '}${settings}`;

const refused = (manager: Manager): string =>
  `${ALLOW} If ${places(manager)} names a mirror or a registry of your own network, ${renew(manager)}`;

/** A registry on the computer that wrote the lockfile. */
const local = (when: RegExp, manager: Manager): Rule => ({
  when,
  say: (found) => {
    const url = group(found, 'url');
    return url === ''
      ? `The registry that ${manager.lockfile} names refuses the connection`
      : `The registry ${url} can’t be reached: it is on the computer that wrote the lockfile`;
  },
  hint: `${places(manager)} names a registry on localhost: ${renew(manager)}`,
});

const LOCAL = String.raw`(?<url>https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?)`;

export const explainRegistries = byRules([
  { when: new RegExp(`^npm (?:error|ERR!) 403 403 ${REFUSED}`), hint: refused(NPM) },
  { when: new RegExp(`ERR_PNPM_FETCH_403.*: ${REFUSED}`), hint: refused(PNPM) },
  {
    when: new RegExp(
      String.raw`^error (?:Error: )?(?<url>https?:\S{1,300}): (?:tunneling socket could not be established|Request failed "403 ${REFUSED}")`,
    ),
    say: ({ match }) => match.input.replace(/^error (?:Error: )?/, ''),
    hint: refused(YARN),
  },
  {
    when: /YN\d{4}: .{0,300}(?:Bad response: 403|Response Code: 403|tunneling socket could not be established)/,
    hint: refused(BERRY),
  },
  { when: /^error: ProxyConnectFailed /, hint: refused(BUN) },
  // Bun says nothing more of an answer: the proxy's or the registry's.
  { when: /^error: GET \S+ - 403$/, hint: `${refused(BUN)} Otherwise: ${PRIVATE}` },
  local(new RegExp(`^npm (?:error|ERR!) .{0,40}request to ${LOCAL}`), NPM),
  local(new RegExp(String.raw`^\s{0,4}(?:ECONNREFUSED|ERR_PNPM_\w{1,40})\s{1,4}request to ${LOCAL}`), PNPM),
  local(
    /^error (?:AggregateError \[ECONNREFUSED\]|Error: connect ECONNREFUSED|An unexpected error occurred: "connect ECONNREFUSED)/,
    YARN,
  ),
  local(/YN\d{4}: .{0,100}RequestError: (?:connect )?(?:ECONNREFUSED|AggregateError)/, BERRY),
  local(/^error: ConnectionRefused downloading /, BUN),
  {
    when: /YN0081: .{0,300}Unsafe http requests must be explicitly whitelisted in your configuration \((?<host>[^)]{1,200})\)/,
    say: (found) => `Yarn refuses plain http, which yarn.lock or .yarnrc.yml asks of ${group(found, 'host')}`,
    hint: `Use the https URL of the registry. If it is a mirror or one of your own network, ${renew(BERRY)}`,
  },
  { when: /^npm (?:error|ERR!) (?:403 403 |code E401)|ERR_PNPM_FETCH_40[13]/, hint: PRIVATE },
]);
