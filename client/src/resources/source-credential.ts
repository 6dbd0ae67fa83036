/** What the repository of an app is fetched with. */
import { type CreateSourceKey, type SetSourceCredential, SourceCredential } from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';

export const sourceCredential = (calls: Calls) => ({
  /** Null if the app has none for the host that its repository is on. */
  get: (slug: string, options: CallOptions = {}): Promise<SourceCredential | null> =>
    calls.json(SourceCredential.nullable(), 'GET', path`/api/apps/${slug}/source/credential`, options),
  set: (
    slug: string,
    credential: SetSourceCredential,
    options: CallOptions = {},
  ): Promise<SourceCredential> =>
    calls.json(SourceCredential, 'PUT', path`/api/apps/${slug}/source/credential`, {
      body: credential,
      ...options,
    }),
  /** Creates an SSH key in its place, and gives the public half. */
  createKey: (
    slug: string,
    input: CreateSourceKey = {},
    options: CallOptions = {},
  ): Promise<SourceCredential> =>
    calls.json(SourceCredential, 'POST', path`/api/apps/${slug}/source/credential/ssh-key`, {
      body: input,
      ...options,
    }),
  delete: (slug: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/apps/${slug}/source/credential`, options),
});
