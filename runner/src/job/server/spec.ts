/** Reads server.json of a packed server. */
import { join } from 'node:path';
import { CRON_HINT, cronProblem } from '@appflux/detection';
import { type Manifest, quoted, ServerSpec } from '@appflux/protocol';
import { own, say } from '../../masking/sentence.ts';
import { JobFailure } from '../../step-context.ts';
import { smallText } from '../collect/small-text.ts';

/** How a server is run, beside its modules. */
export const SPEC_FILE = 'server.json';

const MAX_SPEC_BYTES = 1024 * 1024;

/** What `appflux.json` says about a server. */
export type ServerWishes = Pick<Manifest, 'bindings' | 'crons'>;

/**
 * How a packed server is run: what its packager wrote, and what `appflux.json` adds. Takes the folder, an absolute path
 * without links, and the path for messages.
 * @throws {JobFailure} `artifact_invalid` for what no packager writes, `settings_invalid` for what doesn't fit together
 */
export async function readSpec(folder: string, shown: string, wishes: ServerWishes): Promise<ServerSpec> {
  const text = await smallText(join(folder, SPEC_FILE), MAX_SPEC_BYTES);
  const parsed = ServerSpec.safeParse(jsonOf(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join('.') ?? '';
    throw new JobFailure(
      'artifact_invalid',
      say`${quoted(`${shown}/${SPEC_FILE}`)} can’t be used: ${place === '' ? '' : `${place}: `}${issue?.message ?? ''}`,
      { hint: own('Let AppFlux pack the server, or write the file as docs/server-sites.md describes it.') },
    );
  }
  const spec = parsed.data;
  const merged = ServerSpec.safeParse({
    ...spec,
    bindings: { ...spec.bindings, ...wishes.bindings },
    crons: [...new Set([...spec.crons, ...(wishes.crons ?? [])])],
  });
  if (merged.success) {
    // Those of a wrangler configuration and of a framework, too: such a cron would never run.
    const problem = merged.data.crons.map(cronProblem).find((text) => text !== null);
    if (problem == null) return merged.data;
    throw new JobFailure('settings_invalid', say`The server’s crons: ${problem}`, { hint: own(CRON_HINT) });
  }
  throw new JobFailure(
    'settings_invalid',
    say`The project and appflux.json together ask for too much: ${merged.error.issues[0]?.message ?? ''}`,
    { hint: own('Remove bindings or crons from appflux.json.') },
  );
}

/** Null for what is no JSON, which no schema accepts. */
function jsonOf(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    // A syntax error; the schema's message says enough.
    return null;
  }
}
