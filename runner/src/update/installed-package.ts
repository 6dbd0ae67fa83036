/** The package that this process runs from. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Sha256 } from '@appflux/protocol';
import { VERSION } from '../version.ts';
import { COMPLETE_FILE } from './prepare.ts';
import type { Installed } from './version-record.ts';

export interface InstalledPackage extends Installed {
  readonly folder: string;
}

const FOLDER = join(import.meta.dirname, '..', '..', '..');

/** Its folder, version and checksum; a checkout, and what an earlier script has installed, has no checksum. */
export async function ownPackage(folder = FOLDER): Promise<InstalledPackage> {
  const text = await readFile(join(folder, COMPLETE_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const sha256 = Sha256.safeParse(text.trim());
  return { folder, version: VERSION, sha256: sha256.success ? sha256.data : null };
}
