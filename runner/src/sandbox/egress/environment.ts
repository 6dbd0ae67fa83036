/** Environment variables by which the tools in a container find the proxy. */

/** What Git runs in place of ssh: a build has no way out for it, and Git's own words would send people after keys. */
const NO_SSH =
  'AppFlux: builds cannot fetch over SSH. Use the https URL of the repository (git+https:// in package.json).';

/**
 * The variables of every build. `proxyUrl` is the forwarder's address inside the container, such as
 * `http://127.0.0.1:3128`.
 *
 * curl, git, pip, Cargo, Go, Dart’s pub, npm, pnpm, Yarn 1 and Bun read the first six, in either case. Node reads them
 * only when asked to. The Java virtual machine reads none of them, so Gradle and Maven are given the same as properties.
 */
export function proxyEnvironment(proxyUrl: string): Record<string, string> {
  const { hostname, port } = new URL(proxyUrl);
  const direct = 'localhost,127.0.0.1,::1';
  // Not http.nonProxyHosts, whose default is what it would be set to (java.net's "Networking Properties"): the scripts
  // of Gradle up to 6 put these words through `eval`, which takes its bars for pipes.
  const java = ['http', 'https']
    .flatMap((scheme) => [`-D${scheme}.proxyHost=${hostname}`, `-D${scheme}.proxyPort=${port}`])
    .join(' ');
  return {
    HTTP_PROXY: proxyUrl,
    HTTPS_PROXY: proxyUrl,
    http_proxy: proxyUrl,
    https_proxy: proxyUrl,
    NO_PROXY: direct,
    no_proxy: direct,
    NODE_USE_ENV_PROXY: '1',
    // Yarn 2 and later know only their own variables. They have none for exceptions, and ask the proxy even for the proxy.
    YARN_HTTP_PROXY: proxyUrl,
    YARN_HTTPS_PROXY: proxyUrl,
    YARN_UNSAFE_HTTP_WHITELIST: hostname,
    // @electron/get and its relatives.
    ELECTRON_GET_USE_PROXY: '1',
    // Not JAVA_TOOL_OPTIONS: it makes every virtual machine print a line, which some tools take for an error.
    GRADLE_OPTS: java,
    // Maven 3.9 and later look at these properties only when told to.
    MAVEN_OPTS: `${java} -Daether.connector.http.useSystemProperties=true`,
    // `ssh` as its variant: no other takes a port, and Git would complain of that instead (git(1)).
    GIT_SSH_COMMAND: `sh -c 'echo "${NO_SSH}" >&2; exit 255' ssh`,
    GIT_SSH_VARIANT: 'ssh',
    // Questions that builds do not need an answer to, and that would only be refused.
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    npm_config_update_notifier: 'false',
  };
}
