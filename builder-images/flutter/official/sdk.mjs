/**
 * Prints the path of this build's Flutter: a writable folder, created the first time. It is the image's own, or the
 * one that APPFLUX_FLUTTER asks for, which is downloaded from where the SDK itself downloads its parts.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { chooseRelease } from './releases.mjs';

const { APPFLUX_CACHE, APPFLUX_FLUTTER, FLUTTER_IMAGE_SDK = '/opt/flutter' } = process.env;

/** Not /tmp, which is in memory and small. */
const HOME = join(APPFLUX_CACHE ?? '/workspace/.appflux', 'flutter');

/** The large parts of an SDK that are only read. */
const LARGE = ['bin/cache/dart-sdk', 'bin/cache/artifacts'];

/** Creates a folder completely or not at all: if two processes create it at the same time, the first one's is used. */
async function made(name, make) {
  const folder = join(HOME, name);
  if (existsSync(folder)) return folder;
  const part = `${folder}.part-${process.pid}`;
  mkdirSync(part, { recursive: true });
  try {
    await make(part);
    renameSync(part, folder);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** The image's SDK: its own code is copied, and its large parts are links to those in the image. */
function copyOfImage(folder) {
  const isLarge = (path) => LARGE.some((large) => path === join(FLUTTER_IMAGE_SDK, large));
  cpSync(FLUTTER_IMAGE_SDK, folder, {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
    filter: (path) => !isLarge(path),
  });
  for (const large of LARGE) {
    const from = join(FLUTTER_IMAGE_SDK, large);
    if (!existsSync(from)) continue;
    mkdirSync(join(folder, large), { recursive: true });
    for (const name of readdirSync(from)) symlinkSync(join(from, name), join(folder, large, name));
  }
}

/** Where Flutter's own script downloads its parts from. */
function storage() {
  if (process.env.FLUTTER_STORAGE_BASE_URL) return process.env.FLUTTER_STORAGE_BASE_URL;
  const script = readFileSync(join(FLUTTER_IMAGE_SDK, 'bin/internal/update_dart_sdk.sh'), 'utf8');
  const address = /FLUTTER_STORAGE_BASE_URL:-(https?:\/\/[^}"]+)/.exec(script)?.[1];
  if (address === undefined) throw new Error('the SDK does not name the URL of its parts');
  return address;
}

const fetched = (url, file) =>
  execFileSync('curl', ['-fsSL', '--retry', '3', '-o', file, url], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });

async function sha256Of(file) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

/** A release of Flutter (https://docs.flutter.dev/install/archive), checked against the hash in the list. */
async function download(asked, folder) {
  const base = `${storage().replace(/\/+$/, '')}/flutter_infra_release/releases`;
  const list = join(folder, 'releases.json');
  fetched(`${base}/releases_linux.json`, list);
  const release = chooseRelease(JSON.parse(readFileSync(list, 'utf8')), asked);
  process.stderr.write(`Downloading Flutter ${release.version}.\n`);
  const archive = join(folder, 'flutter.tar.xz');
  fetched(`${base}/${release.archive}`, archive);
  if ((await sha256Of(archive)) !== release.sha256) {
    throw new Error(`the download is not Flutter ${release.version}: its SHA-256 differs`);
  }
  rmSync(list);
  execFileSync('tar', [
    '--extract',
    '--file',
    archive,
    '--directory',
    folder,
    '--strip-components=1',
    '--no-same-owner',
  ]);
  rmSync(archive);
}

try {
  const folder = APPFLUX_FLUTTER
    ? await made(APPFLUX_FLUTTER.replaceAll(/[^\w.-]/g, '_'), (part) => download(APPFLUX_FLUTTER, part))
    : await made('image', copyOfImage);
  process.stdout.write(folder);
} catch (error) {
  process.stderr.write(`flutter: ${error.message}\n`);
  process.exit(1);
}
