/** The `metadata.json` of an output of `expo export` (https://docs.expo.dev/more/expo-cli/#exporting). Pure. */
import { isSitePath, MAX_EXPO_ASSETS } from '@appflux/protocol';
import { z } from 'zod';

const Path = z.string().refine(isSitePath, 'A path must be inside the folder');

const FileMetadata = z.object({
  bundle: Path,
  assets: z
    .array(
      z.object({
        path: Path,
        ext: z
          .string()
          .max(20)
          .regex(/^\.?[A-Za-z0-9]*$/)
          .transform((ext) => ext.replace(/^\./, ''))
          .catch(''),
      }),
    )
    .max(MAX_EXPO_ASSETS),
});
export type FileMetadata = z.infer<typeof FileMetadata>;

/** Members that other versions of the tool add are ignored. */
const Metadata = z.object({
  fileMetadata: z.object({ android: FileMetadata.optional(), ios: FileMetadata.optional() }),
});

export type ExportMetadata =
  | { readonly outcome: 'ok'; readonly platforms: z.infer<typeof Metadata>['fileMetadata'] }
  /** Another file of that name. */
  | { readonly outcome: 'other' }
  | { readonly outcome: 'invalid'; readonly problem: string };

/** What a `metadata.json` says of an export. */
export function exportMetadata(text: string): ExportMetadata {
  const value = jsonOf(text);
  if (typeof value !== 'object' || value === null || !('fileMetadata' in value)) return { outcome: 'other' };
  const parsed = Metadata.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { outcome: 'invalid', problem: `${issue?.path.join('.')}: ${issue?.message}` };
  }
  const { fileMetadata } = parsed.data;
  if (fileMetadata.android === undefined && fileMetadata.ios === undefined) return { outcome: 'other' };
  return { outcome: 'ok', platforms: fileMetadata };
}

/** The value of a JSON text; undefined if it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON.
    return undefined;
  }
}
