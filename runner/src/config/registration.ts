/** The runner's identity on disk: `runner.json` in the state folder. */
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjectId, RunnerLabel, Slots } from '@appflux/protocol';
import { z } from 'zod';
import { RunnerProblem } from '../problem.ts';

export const REGISTRATION_FILE = 'runner.json';

export const Registration = z.strictObject({
  url: z.url(),
  id: ObjectId,
  name: z.string(),
  /** The runner's secret. The edge keeps only its hash. */
  credential: z.string().min(1),
  labels: z.array(RunnerLabel),
  slots: Slots,
});
export type Registration = z.infer<typeof Registration>;

/** The registration in a state folder; undefined when there is none. */
export async function readRegistration(state: string): Promise<Registration | undefined> {
  let text: string;
  try {
    text = await readFile(join(state, REGISTRATION_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new RunnerProblem(
      `${REGISTRATION_FILE} cannot be read`,
      'Give this user read access to the state folder',
      error,
    );
  }
  try {
    return Registration.parse(JSON.parse(text));
  } catch (error) {
    // The parse error may quote the credential: it is kept out of the message.
    throw new RunnerProblem(
      `${REGISTRATION_FILE} is damaged`,
      'Register this runner again with --replace',
      error,
    );
  }
}

/** Writes a registration, whole or not at all, readable by this user only. */
export async function writeRegistration(state: string, registration: Registration): Promise<void> {
  await mkdir(state, { recursive: true, mode: 0o700 });
  const path = join(state, REGISTRATION_FILE);
  const fresh = `${path}.${process.pid}`;
  await writeFile(fresh, `${JSON.stringify(registration, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  await chmod(fresh, 0o600);
  await rename(fresh, path);
}
