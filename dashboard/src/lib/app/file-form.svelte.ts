import { type FileInput, FileName, MAX_FILE_BYTES } from '@appflux/protocol';
import { formatBytes } from '#lib/format/bytes.ts';
import { type EnvironmentChoice, environmentsOf } from './environment-choice.ts';

/** A name for a file: `KEYSTORE` for an Android keystore, else its own name in capitals. */
export function suggestedName(fileName: string): string {
  if (/\.(jks|keystore|bks)$/i.test(fileName)) return 'KEYSTORE';
  const letters = fileName
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toUpperCase();
  return /^\d/.test(letters) ? `FILE_${letters}` : letters;
}

/** The form for adding a file to an App. */
export class FileForm {
  file = $state.raw<File | null>(null);
  name = $state('');
  scope = $state<EnvironmentChoice>('all');

  get blank(): boolean {
    return this.file === null;
  }

  get valid(): boolean {
    return this.fileProblem === null && this.nameProblem === null;
  }

  /** What is wrong with the file; null if it is valid or none is chosen. */
  get fileProblem(): string | null {
    if (this.file === null) return null;
    if (this.file.size === 0) return 'This file is empty. Choose another one.';
    return this.file.size > MAX_FILE_BYTES
      ? `This file is larger than ${formatBytes(MAX_FILE_BYTES)}. Choose a smaller one.`
      : null;
  }

  get nameProblem(): string | null {
    if (this.file === null) return null;
    const parsed = FileName.safeParse(this.name.trim());
    return parsed.success ? null : (parsed.error.issues[0]?.message ?? 'Invalid name.');
  }

  choose(file: File | null): void {
    this.file = file;
    if (file !== null && this.name === '') this.name = suggestedName(file.name);
  }

  clear(): void {
    this.file = null;
    this.name = '';
  }

  /** The request body. The form must be valid. */
  async input(): Promise<FileInput> {
    const bytes = new Uint8Array((await this.file?.arrayBuffer()) ?? new ArrayBuffer(0));
    // In chunks: the number of arguments of a call is limited.
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) {
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }
    return {
      content: btoa(text),
      environments: environmentsOf(this.scope),
    };
  }
}
