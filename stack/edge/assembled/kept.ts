/** The services of the control plane, kept as files: one for each module, and one for the rest. */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nameOf, needed } from './needed.ts';
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
  try {
    for (const [file, content] of [...modules, [SERVICES, JSON.stringify(assembled)] as const])
      await writeFile(join(made, file), content, { flush: true });
    await rename(made, folder).catch(async (error: unknown) => {
      // Another process has kept the same meanwhile, or what is there is damaged.
      if ((await readKept(folder)) !== null) return;
      await rm(folder, { recursive: true, force: true });
      await rename(made, folder).catch(() => {
        throw error;
      });
    });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/**
 * What is kept there. Its modules' files are in the same folder.
 * @returns null if nothing is, or not all of it: a loss of power or a removal that was interrupted may leave parts
 */
export async function readKept(folder: string): Promise<Assembled | null> {
  try {
    const kept = Assembled.parse(JSON.parse(await readFile(join(folder, SERVICES), 'utf8')));
    for (const { file } of modulesOf(kept)) {
      if (nameOf(await readFile(join(folder, file))) !== file) return null;
    }
    return kept;
  } catch {
    return null;
  }
}

const modulesOf = ({ services, extensions }: Assembled) =>
  [
    ...services.flatMap((service) => ('worker' in service ? service.worker.modules : [])),
    ...extensions.flatMap(({ modules }) => modules),
  ].map(({ esModule }) => esModule);
