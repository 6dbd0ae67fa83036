/**
 * A Go toolchain: the machine's own, or one from the newest packages of its Debian or Ubuntu, unpacked without
 * installing.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { firstExisting } from '../debian.ts';
import { lastLines, StackProblem } from '../problem.ts';

/** How a `go` command is run. */
export interface Go {
  command: string;
  env: NodeJS.ProcessEnv;
}

/** `go1.25.3` is [1, 25]; null for anything that is not a version. */
export function goVersion(text: string): [major: number, minor: number] | null {
  const match = /\bgo(\d+)\.(\d+)/.exec(text);
  return match === null ? null : [Number(match[1]), Number(match[2])];
}

/** Whether the version that `go version` printed is at least 1.`minor`. */
export function isNewEnough(text: string, minor: number): boolean {
  const version = goVersion(text);
  return version !== null && (version[0] > 1 || (version[0] === 1 && version[1] >= minor));
}

/** The machine's own Go if it is 1.`minor` or newer, else null. */
export async function installedGo(minor: number): Promise<Go | null> {
  const { stdout, failed } = await execa('go', ['version'], { reject: false });
  return !failed && isNewEnough(stdout, minor) ? { command: 'go', env: {} } : null;
}

/**
 * Unpacks the distribution's newest Go below `folder`, from the mirror that this machine's apt uses. Installs nothing
 * and needs no root.
 * @throws StackProblem `package_missing` if there is no apt, or it can't get the packages
 */
export async function downloadedGo(folder: string): Promise<Go> {
  const options = await privateApt(folder);
  const apt = async (command: string, args: readonly string[]): Promise<string> => {
    const result = await execa(command, [...options, '-qq', ...args], { cwd: folder, reject: false });
    if (!result.failed) return result.stdout;
    throw unavailable(`${command} ${args[0] ?? ''}: ${lastLines(result.stderr)}`, result);
  };
  await apt('apt-get', ['update']);
  const name = /\bgolang-\d+\.\d+-go\b/.exec(await apt('apt-cache', ['depends', 'golang-go']))?.[0];
  if (name === undefined) throw unavailable('its newest packages have no golang-go');
  await apt('apt-get', ['download', name, name.replace(/go$/, 'src')]);
  const packages = (await readdir(folder)).filter((file) => file.endsWith('.deb'));
  const tree = join(folder, 'tree');
  for (const file of packages) await execa('dpkg-deb', ['-x', file, tree], { cwd: folder });
  const root = join(tree, 'usr/lib', name.replace(/^golang/, 'go').replace(/-go$/, ''));
  return { command: join(root, 'bin/go'), env: { GOROOT: root, GOTOOLCHAIN: 'local' } };
}

/** Options that isolate apt below `folder`, with the newest suite as its only source. */
async function privateApt(folder: string): Promise<string[]> {
  if (firstExisting('/usr/bin/apt-get') === null) throw unavailable('this is not Debian or Ubuntu');
  const ubuntu = /^ID=ubuntu$/m.test(await readFile('/etc/os-release', 'utf8'));
  const id = ubuntu ? 'ubuntu' : 'debian';
  const keyring = firstExisting(
    `/usr/share/keyrings/${id}-archive-keyring.gpg`,
    `/usr/share/keyrings/${id}-archive-keyring.pgp`,
  );
  // The mirror is the one that this machine uses.
  const targets = await execa('apt-get', ['indextargets', '--format', '$(COMPONENT) $(REPO_URI)']);
  const mirror = /^main (\S+)$/m.exec(targets.stdout)?.[1];
  if (keyring === null || mirror === undefined) throw unavailable('apt has no source to take it from');
  const suite = ubuntu ? 'devel' : 'sid';
  // apt creates these only in their default places.
  for (const path of ['lists/partial', 'cache/archives/partial']) {
    await mkdir(join(folder, path), { recursive: true });
  }
  await writeFile(join(folder, 'sources.list'), `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`);
  await writeFile(join(folder, 'status'), '');
  const settings = {
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'Acquire::Languages': 'none',
    // The index of a rolling suite can be past its validity date.
    'Acquire::Check-Valid-Until': 'false',
    // Otherwise root's apt downloads as a user who may not write below `folder`.
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

const unavailable = (reason: string, cause?: unknown) =>
  new StackProblem(
    'package_missing',
    `The tests need Go to build a server, and it could not be downloaded (${reason})`,
    'install Go 1.25 or newer, then try again',
    { cause },
  );
