/**
 * Run once while the image is built, after the other scripts that record tools: adds the hosts that Gradle downloads
 * from, and the versions of this image's own tools, to the same files in the given folder.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const output = (command, ...args) => execFileSync(command, args, { encoding: 'utf8' }).trim();

/** The hosts of a download: its own, and those of all redirects. */
function hostsOnTheWay(address) {
  const headers = output(
    'curl',
    '-sIL',
    '--max-time',
    '30',
    '-o',
    '/dev/null',
    '-w',
    '%{url_effective}\n',
    address,
  );
  return [address, headers].map((url) => new URL(url).hostname);
}

/** The URLs behind Gradle's built-in repository names, from a Gradle that is in the image only for this query. */
function addressesOfGradle() {
  const folder = mkdtempSync(join(tmpdir(), 'ask-gradle-'));
  copyFileSync(join(import.meta.dirname, 'repositories.gradle'), join(folder, 'build.gradle'));
  writeFileSync(join(folder, 'settings.gradle'), '');
  const options = ['--offline', '--no-daemon', '--quiet', '-Dgradle-debian-helper.hook.enabled=false'];
  const printed = execFileSync('gradle', [...options, 'askRepositories'], {
    cwd: folder,
    env: { ...process.env, GRADLE_USER_HOME: folder },
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  const addresses = [...printed.matchAll(/^repository (https:\S+)$/gm)].map(([, address]) => address);
  if (addresses.length < 4) throw new Error(`gradle did not print where it fetches from: ${printed}`);
  return addresses;
}

/** The URL of Gradle's own distributions, among all URLs. */
function folderOfDistributions(addresses) {
  const distribution = addresses.find((address) => address.endsWith('.zip'));
  if (distribution === undefined) throw new Error('gradle did not print the URL of its distributions');
  return distribution.slice(0, distribution.lastIndexOf('/'));
}

const sdk = process.env.ANDROID_HOME;
const newest = (folder) => readdirSync(join(sdk, folder)).sort().at(-1);
const java = (home) => output('sh', '-c', `. ${home}/release && echo "$JAVA_VERSION"`);
const { JAVA_HOME, JAVA_HOME_21 } = process.env;

const folder = process.argv[2];
const addresses = addressesOfGradle();
const hosts = new Set(addresses.flatMap(hostsOnTheWay));
appendFileSync(join(folder, 'egress'), `${[...hosts].sort().join('\n')}\n`);
// For the `gradle` of this image.
writeFileSync(join(folder, 'gradle-distributions'), `${folderOfDistributions(addresses)}\n`);
const versions = {
  variant: 'official',
  java: java(JAVA_HOME),
  ...(JAVA_HOME_21 === undefined ? {} : { 'java-21': java(JAVA_HOME_21) }),
  'android-platform': newest('platforms').replace('android-', ''),
  'build-tools': newest('build-tools'),
  ndk: newest('ndk'),
};
appendFileSync(
  join(folder, 'versions'),
  Object.entries(versions)
    .map(([tool, version]) => `${tool}=${version}\n`)
    .join(''),
);
