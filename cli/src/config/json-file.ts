/** Small JSON files of this program. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';

/** Whether an error of the file system says that there is no such file. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

/** What a file contains; null if it doesn't exist. @throws CliProblem `usage` if it can't be read or parsed */
export async function readJson<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
): Promise<z.output<Schema> | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw new CliProblem(EXIT.usage, `${path} can’t be read.`, 'Check its permissions.', error);
  }
  const parsed = schema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  throw new CliProblem(EXIT.usage, `${path} is damaged.`, 'Delete it, and run the command again.');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema refuses undefined, and the caller reports the file.
    return undefined;
  }
}

/** Replaces a file in one step, with these permissions. Creates its folder. */
export async function writeJson(
  path: string,
  value: unknown,
  modes: { file?: number; folder?: number } = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: modes.folder ?? 0o777 });
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await using file = await open(aside, 'wx', modes.file ?? 0o666);
    await file.writeFile(`${JSON.stringify(value, null, 2)}\n`);
    await file.sync();
  } catch (error) {
    await rm(aside, { force: true });
    throw new CliProblem(
      EXIT.failed,
      `${path} can’t be written.`,
      'Check the permissions of its folder.',
      error,
    );
  }
  await rename(aside, path);
}
