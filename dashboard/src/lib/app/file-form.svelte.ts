import { type FileInput, FileName, formatBytes, MAX_FILE_BYTES } from '@appflux/protocol';
import { type EnvironmentChoice, environmentsOf } from './environment-choice.ts';

/** The name that a file on disk suggests: `KEYSTORE` for what Android signs with, else the file's own in capitals. */
export function suggestedName(fileName: string): string {
  if (/\.(jks|keystore|bks)$/i.test(fileName)) return 'KEYSTORE';
  const letters = fileName
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toUpperCase();
  return /^\d/.test(letters) ? `FILE_${letters}` : letters;
}

/** A file of an App that is being chosen. */
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

  /** What is wrong with the file; null when nothing is, or none is chosen. */
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

  /** What the API takes. Only to be asked for while it is valid. */
  async input(): Promise<FileInput> {
    const bytes = new Uint8Array((await this.file?.arrayBuffer()) ?? new ArrayBuffer(0));
    // In pieces: a call takes a limited number of arguments.
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
