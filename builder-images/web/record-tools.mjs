/**
 * Run once while the image is built: asks the tools for the hosts that they install from and for their versions, and
 * writes the answers to the given folder (`/etc/appflux`):
 *
 * egress one host per line: where a build may connect to, unless the runner's owner changes that
 * npm-registry the URL that npm installs from
 * versions `tool=version` lines
 *
 * The answers come from the tools, so that a mirror which a company has configured is honored automatically.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** What a command prints, without the line end. */
const output = (command, ...args) => execFileSync(command, args, { encoding: 'utf8' }).trim();

/**
 * The host that `bun` installs from. No command prints it, so bun gets a proxy that records the requested host and
 * refuses.
 */
async function registryHostOfBun() {
  const folder = mkdtempSync(join(tmpdir(), 'ask-bun-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: { asked: '1.0.0' } }));
  const proxy = createServer();
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = `http://127.0.0.1:${proxy.address().port}`;
  const bun = spawn('bun', ['install'], {
    cwd: folder,
    env: { ...process.env, HTTPS_PROXY: address, HTTP_PROXY: address },
    stdio: 'ignore',
  });
  const asked = new Promise((resolve, reject) => {
    proxy.once('connect', (request, socket) => {
      socket.on('error', () => socket.destroy()); // bun disconnects at any time; its request was all that was needed
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      resolve(request.url);
    });
    proxy.once('request', (request, response) => {
      response.writeHead(403).end();
      resolve(new URL(request.url).host);
    });
    bun.once('exit', () => reject(new Error('bun ended without a request to its registry')));
  });
  const host = await asked;
  bun.kill('SIGKILL');
  proxy.close();
  rmSync(folder, { recursive: true });
  return new URL(`https://${host}`).hostname;
}

/** Which packagers of servers the image has: the version of wrangler, if any. */
function packagers() {
  const file = '/usr/local/lib/appflux/server/node_modules/wrangler/package.json';
  return existsSync(file) ? { wrangler: JSON.parse(readFileSync(file, 'utf8')).version } : {};
}

/** What compiles packages with native code, where the image has all of it: headers, Python and a compiler. */
function compilers() {
  if (!existsSync('/usr/local/include/node/node.h')) return {};
  return {
    'node-headers': process.versions.node,
    python: output('python3', '--version').replace('Python ', ''),
    gcc: output('gcc', '-dumpfullversion'),
  };
}

const folder = process.argv[2];
const npmRegistry = output('npm', 'config', 'get', 'registry');
const registries = [
  npmRegistry,
  output('pnpm', 'config', 'get', 'registry'),
  output('yarn', 'config', 'get', 'registry'),
];
const hosts = new Set([...registries.map((url) => new URL(url).hostname), await registryHostOfBun()]);

const debian = /^VERSION_ID="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
const versions = {
  debian,
  node: process.versions.node,
  'node-20': output('/usr/local/node/20/bin/node', '--version').replace('v', ''),
  'node-22': output('/usr/local/node/22/bin/node', '--version').replace('v', ''),
  npm: output('npm', '--version'),
  pnpm: output('pnpm', '--version'),
  yarn: output('yarn', '--version'),
  'yarn-4': output('/usr/local/yarn/4/bin/yarn', '--version'),
  bun: output('bun', '--version'),
  // They download the one that a project wants (pinned-tool).
  ...Object.fromEntries(['bun', 'node', 'npm', 'pnpm', 'yarn'].map((tool) => [`pinned-${tool}`, 'any'])),
  corepack: output('corepack', '--version'),
  git: output('git', '--version').replace('git version ', ''),
  bash: output('bash', '-c', 'echo "$BASH_VERSION"'),
  ...compilers(),
  ...packagers(),
};

mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'egress'), `${[...hosts].sort().join('\n')}\n`);
writeFileSync(join(folder, 'npm-registry'), `${npmRegistry}\n`);
writeFileSync(
  join(folder, 'versions'),
  Object.entries(versions)
    .map(([tool, version]) => `${tool}=${version}\n`)
    .join(''),
);
