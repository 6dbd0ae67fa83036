/**
 * Run once while the image is built, after record-tools.mjs of the web image: adds the hosts that Cargo installs
 * from, and the versions of this image's own tools, to the same files in the given folder.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const output = (command, ...args) => execFileSync(command, args, { encoding: 'utf8' }).trim();

/** A Debian package's upstream version. */
const packaged = (name) => output('dpkg', '--status', name).match(/^Version: (?:\d+:)?([^+~\s-]+)/m)?.[1];

/**
 * The hosts of Cargo: its index, and the download host that the index names. No command prints them, so Cargo fetches
 * a small package and its request log is parsed.
 */
function hostsOfCargo() {
  const folder = mkdtempSync(join(tmpdir(), 'ask-cargo-'));
  writeFileSync(
    join(folder, 'Cargo.toml'),
    '[package]\nname = "asked"\nversion = "0.0.0"\n[lib]\npath = "lib.rs"\n[dependencies]\ncfg-if = "1"\n',
  );
  writeFileSync(join(folder, 'lib.rs'), '');
  const { status, stderr } = spawnSync('cargo', ['fetch'], {
    cwd: folder,
    env: { ...process.env, CARGO_HTTP_DEBUG: 'true', CARGO_LOG: 'network=debug' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  rmSync(folder, { recursive: true });
  const hosts = new Set([...stderr.matchAll(/> host: ([a-z0-9.-]+)/gi)].map(([, host]) => host));
  if (status !== 0 || hosts.size === 0)
    throw new Error(`cargo did not log where it fetches from: ${stderr.slice(-2000)}`);
  return [...hosts];
}

const folder = process.argv[2];
appendFileSync(join(folder, 'egress'), `${hostsOfCargo().sort().join('\n')}\n`);

const versions = {
  rust: output('rustc', '--version').split(' ')[1],
  cargo: output('cargo', '--version').split(' ')[1],
  webkit2gtk: output('pkg-config', '--modversion', 'webkit2gtk-4.1'),
  nsis: packaged('nsis'),
  dpkg: packaged('dpkg-dev'),
  osslsigncode: packaged('osslsigncode'),
  genisoimage: packaged('genisoimage'),
};
appendFileSync(
  join(folder, 'versions'),
  Object.entries(versions)
    .map(([tool, version]) => `${tool}=${version}\n`)
    .join(''),
);
