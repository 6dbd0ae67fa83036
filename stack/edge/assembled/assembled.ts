/** The services behind the bindings of the control plane: D1, R2, queues, assets and the cache, as Miniflare has them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { hashTree } from '../../fingerprint.ts';
import { errorLines, StackProblem } from '../../problem.ts';
import { readWranglerConfig } from '../../wrangler/config.ts';
import { boundDatabases } from '../databases.ts';
import { AssembleInput, assetFolder } from './input.ts';
import { readKept } from './kept.ts';
import type { Assembled } from './schema.ts';

export interface AssembledIn extends Assembled {
  /** The folder with the modules' files, absolute. */
  readonly folder: string;
}

/**
 * The services for an instance. A process of its own lets Miniflare assemble them if they are not kept yet.
 * @param into the folder that they are kept in, absolute
 * @throws StackProblem `edge_failed` with what that process has printed
 */
export async function assembledServices(given: AssembleInput, into: string): Promise<AssembledIn> {
  // What else an object has would be part of the key, and an argument that every user of the machine can read.
  const input = AssembleInput.parse(given);
  const folder = join(into, keyOf(input).slice(0, 16));
  const kept = (await readKept(folder)) ?? (await assemble(input, folder));
  return { ...kept, folder };
}

/** The hash of all that decides about the services. */
function keyOf(input: AssembleInput): string {
  const manifest = createRequire(import.meta.url).resolve('miniflare/package.json');
  const { workerOptions } = readWranglerConfig(input.wranglerConfig);
  const directory = assetFolder(input);
  // A command for a stopped instance may start it before its dashboard is there.
  const assets = directory !== undefined && existsSync(directory) ? hashTree(directory) : '';
  return createHash('sha256')
    .update(readFileSync(manifest))
    .update(
      JSON.stringify([input, workerOptions, boundDatabases(input), hashTree(import.meta.dirname), assets]),
    )
    .digest('hex');
}

/** What that process prints if a disk is full, or the user's share of it. */
const NO_SPACE = /\b(?:ENOSPC|EDQUOT)\b|is the disk of .* full/;

async function assemble(input: AssembleInput, folder: string): Promise<Assembled> {
  const program = join(import.meta.dirname, 'assemble.ts');
  const { failed, all } = await execa(process.execPath, [program, JSON.stringify(input), folder], {
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  const kept = failed ? null : await readKept(folder);
  if (kept !== null) return kept;
  throw new StackProblem(
    'edge_failed',
    `The control plane's services could not be assembled (${errorLines(all)})`,
    NO_SPACE.test(all) ? 'free disk space' : 'install the packages again with "npm ci"',
  );
}

/** Where they are kept for a bundle: beside it, so that they go when it goes. */
export const keptBeside = (main: string): string => join(dirname(dirname(main)), 'services');
