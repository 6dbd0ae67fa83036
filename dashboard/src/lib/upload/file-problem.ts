import { MAX_UPLOAD_BYTES } from '@appflux/protocol';

/** What is wrong with a file as a source; null if it is valid. The runner checks its content. */
export function fileProblem(file: { name: string; size: number }): string | null {
  if (!/\.zip$/i.test(file.name)) return 'Not a ZIP archive. Choose a file that ends in .zip.';
  if (file.size === 0) return 'This file is empty. Choose another one.';
  if (file.size > MAX_UPLOAD_BYTES) return 'This file is larger than the limit of 2 GiB.';
  return null;
}
