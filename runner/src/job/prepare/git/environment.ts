/**
 * What a `git` process of ours sees: an environment made from nothing, so that neither host nor source can
 * add to it.
 */

export interface GitSurroundings {
  /** Absolute path of the work tree; the repository is its `.git`. */
  readonly tree: string;
  /** An empty folder that stands for the home directory: no `.netrc`, no configuration. */
  readonly home: string;
  readonly url: URL;
  /**
   * The addresses that were checked, or null where any address will do. Git connects to these and asks no
   * name server.
   */
  readonly addresses: readonly string[] | null;
  readonly allowHttp: boolean;
  /** The user name that goes with the token; the host's usual one if it is not given. */
  readonly username?: string | undefined;
  /** The command that connects by SSH (ssh.ts). With it, no other protocol is spoken. */
  readonly ssh?: string | undefined;
  /** The host's environment, of which only what leads to the network is passed on. */
  readonly host: NodeJS.ProcessEnv;
}

/**
 * Where `git` finds its token. It stays in the process's environment: never in an argument, a URL or a file.
 */
export const TOKEN_VARIABLE = 'APPFLUX_GIT_TOKEN';
const USER_VARIABLE = 'APPFLUX_GIT_USER';

/**
 * A company's proxy and certificates must be honored, or nothing could be fetched there; nothing else is the
 * source's business.
 */
const PASSED_ON = [
  'PATH',
  'HTTPS_PROXY',
  'https_proxy',
  'http_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
  'CURL_CA_BUNDLE',
];

/**
 * The environment of a Git process. Settings travel as GIT_CONFIG_KEY_n / GIT_CONFIG_VALUE_n (git-config(1)),
 * which win over a repository's own configuration and reach the helpers that Git starts. A token is given
 * when the URL's server asks for a password.
 */
export function gitEnvironment(surroundings: GitSurroundings, token: string | null): Record<string, string> {
  const environment: Record<string, string> = {
    GIT_DIR: `${surroundings.tree}/.git`,
    GIT_WORK_TREE: surroundings.tree,
    HOME: surroundings.home,
    XDG_CONFIG_HOME: surroundings.home,
    // Messages are read by errors.ts: they must be in English.
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    GIT_SSH_COMMAND: surroundings.ssh ?? 'false',
    GIT_SSH_VARIANT: 'ssh',
    GIT_ALLOW_PROTOCOL: protocolsOf(surroundings),
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
  };
  for (const name of PASSED_ON) {
    const value = surroundings.host[name];
    if (value !== undefined) environment[name] = value;
  }
  const settings = gitSettings(surroundings, token !== null);
  environment.GIT_CONFIG_COUNT = String(settings.length);
  for (const [index, [key, value]] of settings.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  if (token !== null) {
    environment[TOKEN_VARIABLE] = token;
    environment[USER_VARIABLE] = surroundings.username ?? tokenUser(surroundings.url.hostname);
  }
  return environment;
}

function protocolsOf({ ssh, allowHttp }: GitSurroundings): string {
  if (ssh !== undefined) return 'ssh';
  return allowHttp ? 'https:http' : 'https';
}

function gitSettings(surroundings: GitSurroundings, hasToken: boolean): [string, string][] {
  const { url, addresses, allowHttp, ssh } = surroundings;
  const settings: [string, string][] = [
    // Nothing that a repository brings along is run. Filters need no line: a repository can only name them,
    // and without the host's configuration none is defined.
    ['core.hooksPath', '/dev/null'],
    ['core.fsmonitor', 'false'],
    ['core.sshCommand', ssh ?? 'false'],
    ['core.attributesFile', '/dev/null'],
    ['core.excludesFile', '/dev/null'],
    ['gc.auto', '0'],
    ['maintenance.auto', 'false'],
    // The tree comes out as it went in, and names that another file system would take for `.git` are refused.
    ['core.autocrlf', 'false'],
    ['core.symlinks', 'true'],
    ['core.protectHFS', 'true'],
    ['core.protectNTFS', 'true'],
    ['core.logAllRefUpdates', 'false'],
    // Only this URL is spoken to. Redirects are followed by redirect.ts, which checks where they lead; with
    // `false`, Git follows no `http-alternates` either.
    ['protocol.allow', 'never'],
    [`protocol.${ssh === undefined ? 'https' : 'ssh'}.allow`, 'always'],
    ['http.followRedirects', 'false'],
    ['transfer.bundleURI', 'false'],
    ['submodule.recurse', 'false'],
    ['fetch.recurseSubmodules', 'false'],
    ['http.lowSpeedLimit', '1000'],
    ['http.lowSpeedTime', '60'],
    // Received as one pack, whose size can be watched, and with large files never held in memory as a whole.
    ['fetch.unpackLimit', '1'],
    ['core.bigFileThreshold', '32m'],
    ['pack.threads', '1'],
    // An empty value clears the list of helpers.
    ['credential.helper', ''],
  ];
  if (allowHttp && ssh === undefined) settings.push(['protocol.http.allow', 'always']);
  if (addresses !== null && ssh === undefined) settings.push(['http.curloptResolve', pinned(url, addresses)]);
  if (hasToken) {
    // Bound to the origin, so that no other server can ask for it.
    settings.push([`credential.${url.origin}.helper`, CREDENTIAL_HELPER]);
  }
  return settings;
}

const CREDENTIAL_HELPER = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$${USER_VARIABLE}" "$${TOKEN_VARIABLE}"; }; f`;

/** `HOST:PORT:ADDRESS[,ADDRESS]`, as CURLOPT_RESOLVE(3) reads it. */
function pinned(url: URL, addresses: readonly string[]): string {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const list = addresses.map((address) => (address.includes(':') ? `[${address}]` : address));
  return `${url.hostname}:${port}:${list.join(',')}`;
}

/** The user name that goes with an access token: most hosts take any, these want their own. */
function tokenUser(hostname: string): string {
  if (hostname === 'bitbucket.org') return 'x-token-auth';
  if (hostname === 'gitlab.com') return 'oauth2';
  return 'x-access-token';
}
