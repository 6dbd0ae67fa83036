/** State of sites with a server: what the bindings of an app hold. docs/server-sites.md describes it. */
import { z } from 'zod';
import { BindingKind, BindingName, StateScope } from './server-site.ts';

/** What one binding holds. Sizes are in bytes. */
export const StateItem = z
  .strictObject({
    /** `production` and `preview` are shared by their deployments; previews of forks have their own. */
    environment: StateScope,
    binding: BindingName,
    kind: BindingKind,
    bytes: z.int().min(0),
    /** Keys, or tables. */
    entries: z.int().min(0),
    /** What all bindings of the app may hold together. */
    quotaBytes: z.int().min(0),
  })
  .meta({ id: 'StateItem' });
export type StateItem = z.infer<typeof StateItem>;

/** What the bindings of an app hold, by environment and name. */
export const StateList = z.strictObject({ items: z.array(StateItem) }).meta({ id: 'StateList' });
export type StateList = z.infer<typeof StateList>;

/** The media type of an export: SQL that `sqlite3` reads, or a JSON object per line for each key. */
export const STATE_EXPORT_TYPE: Readonly<Record<BindingKind, string>> = {
  sqlite: 'application/sql',
  kv: 'application/x-ndjson',
};

/** What the name of an exported file ends with. */
export const STATE_EXPORT_EXTENSION: Readonly<Record<BindingKind, string>> = { sqlite: 'sql', kv: 'ndjson' };
