/**
 * What wrangler reads of a configuration file. wrangler itself takes 100 MB of a process's memory, so a process of its own
 * loads it, and what it read is kept until the file or wrangler changes.
 */
import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { errorLines, StackProblem } from '../problem.ts';

const WranglerConfig = z.object({
  /** The fields of the file, with wrangler's defaults. Each caller parses those that it needs. */
  config: z.record(z.string(), z.json()),
  /** The Worker as Miniflare takes it. */
  workerOptions: z.record(z.string(), z.json()),
});
export type WranglerConfig = z.infer<typeof WranglerConfig>;

/** Where what was read is kept. */
const KEPT = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'appflux', 'wrangler');

/** Files beside the configuration whose variables wrangler adds to those of the Worker. */
const VARIABLES = ['.dev.vars', '.env', '.env.local'];

/** How long it is kept after it was read: files that were there for a test, or in another checkout, are never read again. */
const KEPT_MS = 30 * 24 * 3_600_000;

/** Why nothing can be kept; ENOENT where another process has just removed a file. */
const UNWRITABLE = ['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'ENOENT'];

/** What was read by this process. */
const remembered = new Map<string, WranglerConfig>();

/** The folder of wrangler's package. */
export function wranglerFolder(): string {
  // Unlike `import.meta.resolve`, this works in the setup of tests as well.
  return dirname(createRequire(import.meta.url).resolve('wrangler/package.json'));
}

/**
 * Reads a configuration file of wrangler.
 * @param file its absolute path
 * @throws StackProblem `settings_invalid` with wrangler's message
 */
export function readWranglerConfig(file: string): WranglerConfig {
  const key = keyOf(file);
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const place = join(KEPT, `${key}.json`);
  const read = WranglerConfig.parse(JSON.parse(readKept(place) ?? readNow(file, place)));
  remembered.set(key, read);
  return read;
}

/** The hash of all that decides what wrangler reads. */
function keyOf(file: string): string {
  const beside = VARIABLES.map((name) => join(dirname(file), name)).filter((path) => existsSync(path));
  const hash = createHash('sha256').update(JSON.stringify([file, process.version]));
  for (const path of [join(wranglerFolder(), 'package.json'), file, ...beside]) {
    const content = existsSync(path) ? readFileSync(path) : '';
    hash.update(JSON.stringify([path, content.length])).update(content);
  }
  return hash.digest('hex');
}

function readKept(place: string): string | null {
  return existsSync(place) ? readFileSync(place, 'utf8') : null;
}

function readNow(file: string, place: string): string {
  const { status, output, stderr, error } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'print.ts'), file],
    {
      encoding: 'utf8',
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' },
      // wrangler may print warnings: what it read has a pipe of its own.
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    },
  );
  if (error !== undefined) throw error;
  const text = output[3] ?? '';
  if (status !== 0 || text === '') {
    const why = errorLines(stderr) || 'wrangler does not say why';
    throw new StackProblem('settings_invalid', `${file} could not be read`, why);
  }
  keep(place, text);
  return text;
}

/** Keeps what was read. Where nothing can be written, it is read again each time. */
function keep(place: string, text: string): void {
  const folder = dirname(place);
  const unfinished = `${place}.${randomUUID()}`;
  try {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      const { mtimeMs } = statSync(join(folder, name));
      if (Date.now() - mtimeMs > KEPT_MS) rmSync(join(folder, name), { force: true });
    }
    writeFileSync(unfinished, text);
    renameSync(unfinished, place);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!UNWRITABLE.includes(code)) throw error;
  }
}
