/** Folders that were dropped on the page or chosen in a dialog, as trees whose files are read when they are needed. */

export interface SourceFile {
  readonly name: string;
  read(): Promise<File>;
}

export interface SourceFolder {
  readonly name: string;
  children(): Promise<readonly (SourceFile | SourceFolder)[]>;
}

export const isFolder = (node: SourceFile | SourceFolder): node is SourceFolder => 'children' in node;

/** A dropped file or folder. Its files are read only when it is packed. */
export function fromEntry(entry: FileSystemEntry): SourceFile | SourceFolder {
  if (isDirectoryEntry(entry)) {
    return { name: entry.name, children: async () => (await entriesOf(entry)).map(fromEntry) };
  }
  const file = entry as FileSystemFileEntry;
  return { name: file.name, read: () => new Promise((resolve, reject) => file.file(resolve, reject)) };
}

const isDirectoryEntry = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    // Chromium returns at most 100 entries per call, and none after the last.
    if (batch.length === 0) return entries;
    entries.push(...batch);
  }
}

/** A folder that was chosen in a dialog, from the files that the dialog returns. */
export function fromFileList(files: Iterable<File>): SourceFolder {
  const top = newFolder('');
  for (const file of files) {
    const parts = (file.webkitRelativePath || file.name).split('/');
    let at = top;
    for (const part of parts.slice(0, -1)) at = subfolder(at, part);
    at.nodes.set(file.name, { name: file.name, read: async () => file });
  }
  const [only] = top.nodes.values();
  return top.nodes.size === 1 && only && isFolder(only) ? only : top;
}

/** A folder of texts, by path. */
export function fromTexts(name: string, texts: Readonly<Record<string, string>>): SourceFolder {
  const top = newFolder(name);
  for (const [path, text] of Object.entries(texts)) {
    const parts = path.split('/');
    const last = parts.pop() ?? path;
    const folder = parts.reduce(subfolder, top);
    folder.nodes.set(last, { name: last, read: async () => new File([text], last) });
  }
  return top;
}

interface ListedFolder extends SourceFolder {
  readonly nodes: Map<string, SourceFile | SourceFolder>;
}

function newFolder(name: string): ListedFolder {
  const nodes = new Map<string, SourceFile | SourceFolder>();
  return { name, nodes, children: async () => [...nodes.values()] };
}

function subfolder(folder: ListedFolder, name: string): ListedFolder {
  const present = folder.nodes.get(name);
  if (present && 'nodes' in present) return present as ListedFolder;
  const made = newFolder(name);
  folder.nodes.set(name, made);
  return made;
}
