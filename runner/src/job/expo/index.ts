/** Publishing of updates for Expo apps: an output of `expo export` is packed for the edge. */
import { EMPTY_RULES } from '@appflux/protocol';
import type { PublishFolder } from '../collect/index.ts';
import type { BaseOptions } from '../site/base.ts';
import { packPublication } from '../site/publish.ts';
import { expoUpdate } from './folder.ts';

/** Publishes folders with an update, over an attempt's connection. */
export const updatePublisher =
  (options: BaseOptions): PublishFolder =>
  async (output, ctx) => {
    if (!options.connection.publishesSites) return undefined;
    const update = await expoUpdate(output, ctx);
    if (update === null) return undefined;
    const { name, path, maxBytes, folder } = output;
    const { files, meta, facts } = update;
    return packPublication(
      { kind: 'expo', files, rules: EMPTY_RULES, meta, facts },
      { ...options, name, path, maxBytes, shown: folder === '' ? '.' : folder },
      ctx,
    );
  };
