/** The services of the control plane, kept as files: one for each module, and one for the rest. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { needed } from './needed.ts';
import { Assembled } from './schema.ts';

/** The file with everything but the modules. */
const SERVICES = 'services.json';

/**
 * Keeps the needed part of a configuration. Others may keep the same at the same time.
 * @param folder where: it appears with all of its files
 * @param json the configuration, and `persist` the folder for data that it was assembled with (needed.ts)
 * @throws Error for what this version of AppFlux doesn't know
 */
export async function keep(folder: string, json: string, persist: string): Promise<void> {
  const { assembled, modules } = needed(json, persist);
  Assembled.parse(assembled);
  await mkdir(dirname(folder), { recursive: true });
  const made = await mkdtemp(`${folder}-`);
  for (const [file, content] of modules) await writeFile(join(made, file), content);
  await writeFile(join(made, SERVICES), JSON.stringify(assembled));
  try {
    await rename(made, folder);
  } catch (error) {
    await rm(made, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
}

/** Whether something is kept there. */
export const isKept = (folder: string): boolean => existsSync(join(folder, SERVICES));

/** What is kept there. Its modules' files are in the same folder. */
export const readKept = async (folder: string): Promise<Assembled> =>
  Assembled.parse(JSON.parse(await readFile(join(folder, SERVICES), 'utf8')));
