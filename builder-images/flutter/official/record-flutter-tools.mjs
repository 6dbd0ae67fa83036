/**
 * Run once while the image is built, after record-android-tools.mjs: adds the hosts that pub and Flutter download
 * from, and the versions of this image's own tools, to the same files in the given folder.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const output = (command, ...args) => execFileSync(command, args, { encoding: 'utf8' }).trim();

/** The host that pub asks for packages: pub gets a proxy that records the host and refuses. */
async function hostOfPub() {
  const folder = mkdtempSync(join(tmpdir(), 'ask-pub-'));
  writeFileSync(
    join(folder, 'pubspec.yaml'),
    'name: asked\nenvironment:\n  sdk: ">=3.0.0 <4.0.0"\ndependencies:\n  path: any\n',
  );
  const proxy = createServer();
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = `http://127.0.0.1:${proxy.address().port}`;
  const pub = spawn('dart', ['pub', 'get'], {
    cwd: folder,
    env: { ...process.env, HTTPS_PROXY: address, https_proxy: address },
    stdio: 'ignore',
  });
  const asked = new Promise((resolve, reject) => {
    proxy.once('connect', (request, socket) => {
      socket.on('error', () => socket.destroy()); // pub disconnects at any time; its request was all that was needed
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      resolve(request.url);
    });
    pub.once('exit', () => reject(new Error('pub ended without a request')));
  });
  const host = await asked;
  pub.kill('SIGKILL');
  proxy.close();
  rmSync(folder, { recursive: true });
  return new URL(`https://${host}`).hostname;
}

/** The host of the engine's parts, including a Maven repository for Gradle: the SDK's own scripts name it. */
function hostOfEngine() {
  const script = readFileSync(join(process.env.FLUTTER_ROOT, 'bin/internal/update_dart_sdk.sh'), 'utf8');
  const address = /FLUTTER_STORAGE_BASE_URL:-(https:\/\/[^}"]+)/.exec(script)?.[1];
  if (address === undefined) throw new Error('the SDK does not name the URL of the engine');
  return new URL(address).hostname;
}

const folder = process.argv[2];
appendFileSync(join(folder, 'egress'), `${[await hostOfPub(), hostOfEngine()].join('\n')}\n`);
const { frameworkVersion, dartSdkVersion } = JSON.parse(output('flutter', '--version', '--machine'));
appendFileSync(
  join(folder, 'versions'),
  `flutter=${frameworkVersion}\ndart=${dartSdkVersion.split(' ')[0]}\ncmake=${output('cmake', '--version').split(/\s/)[2]}\n`,
);
