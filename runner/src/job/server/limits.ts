/** Checks the modules of a server against the platform's limits. */
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { formatBytes, formatNumber, printable, SERVER_LIMITS } from '@appflux/protocol';
import { own, say, type Text } from '../../masking/sentence.ts';
import { JobFailure } from '../../step-context.ts';
import { readFound } from '../collect/safe-file.ts';
import type { PackedFile } from '../collect/walk.ts';

const compress = promisify(deflateRaw);

/** A module or source map, and what it weighs. */
export interface Weighed {
  readonly name: string;
  readonly bytes: number;
}

/** How many of them a message names. */
const NAMED = 3;

/** The largest, for people: `a.js (2.0 MB), b.js (1.0 MB)`. */
export function largest(of: readonly Weighed[]): string {
  return [...of]
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, NAMED)
    .map(({ name, bytes }) => `${printable(name, 120)} (${formatBytes(bytes)})`)
    .join(', ');
}

const sum = (of: readonly Weighed[]): number => of.reduce((total, { bytes }) => total + bytes, 0);

const HINT = own(
  'Leave out what the server doesn’t use: data belongs into files of the site or a binding, and large packages often have a smaller one for Workers.',
);

function tooMuch(what: Text, of: readonly Weighed[], most: number): JobFailure {
  return new JobFailure(
    'artifact_invalid',
    say`${what} ${own(formatBytes(sum(of)))}. The limit is ${own(formatBytes(most))}. The largest: ${largest(of)}.`,
    { hint: HINT },
  );
}

/**
 * @throws {JobFailure} `artifact_invalid` if there are more modules, or larger ones, than a server can have, with the
 * largest by name; the reason of `signal` if it aborts
 */
export async function checkLimits(
  modules: readonly PackedFile[],
  maps: readonly PackedFile[],
  signal: AbortSignal,
): Promise<void> {
  const plain = modules.map(weighed);
  if (modules.length > SERVER_LIMITS.modules)
    throw new JobFailure(
      'artifact_invalid',
      say`The server has ${own(formatNumber(modules.length))} modules. The limit is ${own(formatNumber(SERVER_LIMITS.modules))}. The largest: ${largest(plain)}.`,
      { hint: own('Bundle the server into fewer modules.') },
    );
  if (sum(plain) > SERVER_LIMITS.moduleBytes)
    throw tooMuch(own('The modules of the server take'), plain, SERVER_LIMITS.moduleBytes);
  const packed: Weighed[] = [];
  for (const file of modules) packed.push({ name: file.inside, bytes: await compressedBytes(file, signal) });
  if (sum(packed) > SERVER_LIMITS.compressedBytes)
    throw tooMuch(own('The compressed modules of the server take'), packed, SERVER_LIMITS.compressedBytes);
  if (sum(maps.map(weighed)) > SERVER_LIMITS.mapBytes)
    throw tooMuch(own('The source maps of the server take'), maps.map(weighed), SERVER_LIMITS.mapBytes);
}

const weighed = ({ inside, stats }: PackedFile): Weighed => ({ name: inside, bytes: Number(stats.size) });

async function compressedBytes(file: PackedFile, signal: AbortSignal): Promise<number> {
  const parts: Buffer[] = [];
  for await (const part of readFound(file, signal)) parts.push(part);
  return (await compress(Buffer.concat(parts))).length;
}
