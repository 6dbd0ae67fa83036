import { AppFluxError } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';
import { fileProblem } from './file-problem.ts';
import type { PackedFolder } from './pack-folder.ts';
import { fromEntry, fromFileList, isFolder, type SourceFolder } from './source-tree.ts';

type Pack = (
  folder: SourceFolder,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
) => Promise<PackedFolder>;

/** Loaded on demand: most visitors of a page with a drop zone never pack a folder. */
const packInBrowser: Pack = async (folder, onProgress, signal) => {
  const { collectFolder, packFolder } = await import('./pack-folder.ts');
  const foldsCase = /Mac|Win/.test(navigator.userAgent);
  const collected = await collectFolder(folder, foldsCase);
  signal.throwIfAborted();
  onProgress(0, collected.files.length);
  return packFolder(collected, (done) => onProgress(done, collected.files.length), signal);
};

/** What was packed from a folder. */
export interface PackedFrom {
  readonly name: string;
  readonly count: number;
  readonly leftOut: readonly string[];
}

/** The archive of a source: a ZIP that was chosen, or one that is packed from a folder. */
export class SourceArchive {
  readonly #pack: Pack;
  #abort = new AbortController();
  #file = $state.raw<File | null>(null);

  /** The folder that the file was packed from; null for a ZIP. */
  folder = $state.raw<PackedFrom | null>(null);
  /** How far packing a folder is; null if none is being packed. `total` is 0 until the files are known. */
  packing = $state.raw<{ name: string; done: number; total: number } | null>(null);
  /** Why what was dropped or chosen can't be used. */
  error = $state.raw<AppFluxError | null>(null);

  constructor(pack: Pack = packInBrowser) {
    this.#pack = pack;
  }

  /** The ZIP; null until one is chosen or packed. */
  get file(): File | null {
    return this.#file;
  }

  set file(file: File | null) {
    this.#reset();
    this.#file = file;
  }

  /** What is wrong with the archive; null if it can be uploaded. */
  get problem(): string | null {
    if (this.error) return [this.error.message, this.error.hint].filter(Boolean).join(' ');
    if (this.packing) return 'Wait until the folder is packed.';
    return this.#file === null ? 'Choose a ZIP archive or a folder.' : fileProblem(this.#file);
  }

  /** Takes what was dropped: a ZIP, a folder, or the files of one. Call it before the drop event ends. */
  async drop(data: DataTransfer): Promise<void> {
    // The items of a drop are gone after its event; their entries and files stay.
    const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
    const files = [...data.files];
    const [first] = entries;
    if (first === undefined || entries.every(({ isFile }) => isFile)) return this.choose(files);
    if (entries.length > 1) {
      return this.#refuse(
        'Several items were dropped.',
        'Drop one ZIP archive, or one folder with all files.',
      );
    }
    const folder = fromEntry(first);
    if (isFolder(folder)) await this.pack(folder);
  }

  /** Takes a chosen ZIP, or the files of a folder. */
  async choose(files: readonly File[]): Promise<void> {
    const [first] = files;
    if (first === undefined) return;
    const isInFolder = files.some(({ webkitRelativePath }) => webkitRelativePath !== '');
    const areLoose = files.length > 1 || /\.html?$/i.test(first.name);
    if (!isInFolder && !areLoose) {
      this.file = first;
      return;
    }
    if (!isInFolder && files.some(({ name }) => /\.zip$/i.test(name))) {
      return this.#refuse(
        'Several files were chosen, among them a ZIP.',
        'Choose one ZIP archive, or a folder.',
      );
    }
    await this.pack(fromFileList(files));
  }

  /** Stops packing, and forgets what was chosen. */
  clear(): void {
    this.file = null;
  }

  #reset(): void {
    this.#abort.abort(new DOMException('Another source was chosen', 'AbortError'));
    this.#abort = new AbortController();
    this.#file = null;
    this.folder = null;
    this.packing = null;
    this.error = null;
  }

  #refuse(message: string, hint: string): void {
    this.#reset();
    this.error = new AppFluxError('unprocessable', message, { hint });
  }

  /** Takes a folder. Resolves when it is packed or refused, or another source was chosen. */
  async pack(folder: SourceFolder): Promise<void> {
    this.#reset();
    const { signal } = this.#abort;
    const name = folder.name || 'files';
    this.packing = { name, done: 0, total: 0 };
    try {
      const { zip, count, leftOut } = await this.#pack(
        folder,
        (done, total) => {
          if (!signal.aborted) this.packing = { name, done, total };
        },
        signal,
      );
      if (signal.aborted) return;
      this.#file = zip;
      this.folder = { name, count, leftOut };
      this.packing = null;
    } catch (error) {
      // Another source was chosen meanwhile, and replaced this one.
      if (signal.aborted) return;
      this.packing = null;
      this.error = toError(error);
    }
  }
}
