/** The package manager that a project pins, down to its version. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseBunVersion } from '@appflux/detection';
import { z } from 'zod';

/** `packageManager` of package.json: a name, an exact version, and its hash if the project wants it checked. */
const PIN = /^(npm|pnpm|yarn|bun)@(\d+\.\d+\.\d+(?:-[\w.-]+)?)(?:\+sha(?:1|224|256|384|512)\.[0-9a-f]+)?$/;
const Package = z.object({ packageManager: z.string() });
const MAX_BYTES = 1024 ** 2;

export interface PinnedManager {
  readonly name: 'npm' | 'pnpm' | 'yarn' | 'bun';
  readonly version: string;
  /** The file that pins it. */
  readonly by: 'packageManager' | '.bun-version';
}

/** What a `packageManager` field pins; null for anything else. Pure. */
export function parsePin(field: string): PinnedManager | null {
  const [, name, version] = PIN.exec(field) ?? [];
  return name === undefined || version === undefined
    ? null
    : { name: name as PinnedManager['name'], version, by: 'packageManager' };
}

/** The pin of the nearest package.json that has the field, from the root directory up to the source's top. */
export async function pinnedManager(root: string, top: string): Promise<PinnedManager | null> {
  for (let folder = root; ; folder = dirname(folder)) {
    const field = await packageManagerField(join(folder, 'package.json'));
    if (field !== null) return parsePin(field);
    if (folder === top || folder === dirname(folder)) return null;
  }
}

/** The Bun that the nearest `.bun-version` pins, for projects that say it there. */
export async function pinnedBun(root: string, top: string): Promise<PinnedManager | null> {
  for (let folder = root; ; folder = dirname(folder)) {
    const text = await textOf(join(folder, '.bun-version'));
    if (text !== null) {
      const version = parseBunVersion(text);
      return version === null ? null : { name: 'bun', version, by: '.bun-version' };
    }
    if (folder === top || folder === dirname(folder)) return null;
  }
}

async function packageManagerField(path: string): Promise<string | null> {
  try {
    return Package.parse(JSON.parse((await textOf(path)) ?? '')).packageManager;
  } catch {
    // Not a package.json with the field: detection has said what is wrong with it, if anything is.
    return null;
  }
}

async function textOf(path: string): Promise<string | null> {
  try {
    // A link could lead out of the source; O_NONBLOCK: a pipe would be waited for without end.
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(MAX_BYTES);
      const { bytesRead } = await handle.read(buffer, 0, MAX_BYTES, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    // Not there, or nothing that can be read: it pins nothing then.
    return null;
  }
}
