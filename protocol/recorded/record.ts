/**
 * Records the frames of this version, and what it accepts, for later versions to be tested on:
 *
 *   node protocol/recorded/record.ts VERSION
 *
 * Run it once when a version is released, from a checkout of that version. README.md describes the files.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import * as protocol from '../src/index.ts';
import { asData, frameSchemasOf } from '../testing/frame-schemas.ts';
import { GOLDEN } from '../testing/golden-frames.ts';

const [version] = process.argv.slice(2);
if (version === undefined || !/^[\w.-]+$/.test(version)) throw new Error('Name the version to record');
const folder = join(import.meta.dirname, version);
const frames = Object.fromEntries(
  Object.entries(GOLDEN).map(([name, types]) => [name, Object.values(types).flat()]),
);
await mkdir(folder);
await writeFile(join(folder, 'frames.json'), `${JSON.stringify(frames, null, 2)}\n`);
await writeFile(
  join(folder, 'schemas.json'),
  `${JSON.stringify(asData(frameSchemasOf(protocol)), null, 2)}\n`,
);
