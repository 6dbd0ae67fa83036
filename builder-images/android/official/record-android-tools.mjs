/**
 * Run once while the image is built, after whatever else records tools: adds the hosts
 * that Gradle fetches from, and the versions of what only this image has, to the same files in the folder given.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const output = (command, ...args) => execFileSync(command, args, { encoding: 'utf8' }).trim();

/** Where a download ends up: the hosts of all redirects on the way, and its own. */
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

/** The addresses that Gradle's own words stand for, asked of a Gradle that is in the image for this question only. */
function addressesOfGradle() {
  const folder = mkdtempSync(join(tmpdir(), 'ask-gradle-'));
  copyFileSync(join(import.meta.dirname, 'repositories.gradle'), join(folder, 'build.gradle'));
  writeFileSync(join(folder, 'settings.gradle'), '');
  const options = ['--offline', '--no-daemon', '--quiet', '-Dgradle-debian-helper.hook.enabled=false'];
  const said = execFileSync('gradle', [...options, 'askRepositories'], {
    cwd: folder,
    env: { ...process.env, GRADLE_USER_HOME: folder },
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  const addresses = [...said.matchAll(/^repository (https:\S+)$/gm)].map(([, address]) => address);
  if (addresses.length < 4) throw new Error(`gradle did not say where it fetches from: ${said}`);
  return addresses;
}

/** The folder of Gradle's own distributions, among all addresses. */
function folderOfDistributions(addresses) {
  const distribution = addresses.find((address) => address.endsWith('.zip'));
  if (distribution === undefined) throw new Error('gradle did not say where its distributions lie');
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
