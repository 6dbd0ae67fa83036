/** `appflux.json`: build settings in the repository. */
import { z } from 'zod';
import { AppType, Command, OutputGlob, RootDirectory } from './app.ts';

/** The fields of `appflux.json`. It is at the top of the source; the app's own settings take precedence. */
export const Manifest = z
  .strictObject({
    $schema: z.string().optional(),
    type: AppType.optional(),
    image: z.string().max(200).optional(),
    rootDirectory: RootDirectory.optional(),
    installCommand: Command.optional(),
    buildCommand: Command.optional(),
    outputs: z.array(OutputGlob).max(50).optional(),
    ignoreCommand: Command.optional(),
    node: z.string().max(40).optional(),
    /** Whether Git submodules are fetched, from the repository's own host only; at the top of the source. */
    submodules: z.boolean().optional(),
  })
  .meta({ id: 'Manifest' });
export type Manifest = z.infer<typeof Manifest>;

/** The valid keys of `appflux.json`. */
export const MANIFEST_KEYS = Object.keys(Manifest.shape);
