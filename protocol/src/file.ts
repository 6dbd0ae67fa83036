/**
 * Sealed files of an app, such as keystores and certificates: a build needs them, and no repository may contain them.
 */
import { z } from 'zod';
import { Environment, VariableName } from './ids.ts';

/** The largest file, in bytes. */
export const MAX_FILE_BYTES = 256 * 1024;
/** The total size of all files of one app, in bytes: they travel to the runner in one message. */
export const MAX_FILES_BYTES = 512 * 1024;
/** How many files an app may have. */
export const MAX_FILES = 20;

/** A file's name is the name of the variable that tells a build its path. */
export const FileName = VariableName.meta({ example: 'KEYSTORE' });

/** Bytes in base64 (RFC 4648 §4), padded, without line breaks. */
export const FileContent = z
  .base64('A file must be in base64')
  .min(1, 'The file is empty')
  .max(Math.ceil(MAX_FILE_BYTES / 3) * 4, 'A file has 256 KB at most')
  .refine((content) => base64Bytes(content) <= MAX_FILE_BYTES, { message: 'A file has 256 KB at most' });

/** How many bytes a padded base64 text encodes. */
export function base64Bytes(content: string): number {
  const padding = content.endsWith('==') ? 2 : content.endsWith('=') ? 1 : 0;
  return (content.length / 4) * 3 - padding;
}

/** A file's content, and the environments that get it (all by default). */
export const FileInput = z
  .strictObject({ content: FileContent, environments: z.array(Environment).min(1).max(2).optional() })
  .meta({ id: 'FileInput' });
export type FileInput = z.infer<typeof FileInput>;

/** A file in an API answer: never with its content. */
export const FileInfo = z
  .strictObject({ name: FileName, size: z.int().min(1), environments: z.array(Environment) })
  .meta({ id: 'File' });
export type FileInfo = z.infer<typeof FileInfo>;
