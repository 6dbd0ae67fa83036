/** Writes the names of an app's variables into a file. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Environment } from '@appflux/protocol';
import { isMissing } from '../config/json-file.ts';
import type { Context, Session } from '../context.ts';
import { withNames } from './pull.ts';

export interface PullFlags {
  readonly environment?: Environment;
  readonly json?: true;
}

/** Adds the names that the file lacks. A new file can be read by its owner only: a person writes secrets into it. */
export async function pullInto(
  context: Context,
  { client, url }: Pick<Session, 'client' | 'url'>,
  app: string,
  file: string,
  { environment = undefined, json }: PullFlags,
): Promise<void> {
  const { output } = context;
  const { envVars } = await client.apps.get(app);
  const path = resolve(context.host.cwd(), file);
  const before = await textOf(path);
  const { text, added, kept } = withNames(before, envVars, { app, url, environment: environment ?? null });
  if (added.length > 0) await writeFile(path, text, { mode: 0o600 });
  if (json) return output.json({ file, added, kept });
  if (added.length + kept.length === 0) return output.note(`${app} has no variables.`);
  output.note(
    added.length === 0
      ? `${file} has all ${kept.length} variables of ${app} already.`
      : `Added ${added.join(', ')} to ${file}${kept.length === 0 ? '' : `; ${kept.length} were there already`}.`,
  );
  if (added.length > 0)
    output.note('AppFlux never gives values back. Fill in those that you need, and don’t commit them.');
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
