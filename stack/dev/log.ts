/** Shows the log file of a part on the terminal while it grows. */
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const LOOK_EVERY_MS = 200;

/**
 * Prints the lines that are added to a file from now on, each prefixed with the part's name. The file need not exist
 * yet. Ends when it is disposed of, after the lines that are in the file by then.
 */
export async function showLog(
  part: string,
  file: string,
  say: (text: string) => void,
): Promise<AsyncDisposable> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  let position = await sizeOf(file);
  let rest = '';
  const look = async () => {
    const size = await sizeOf(file);
    if (size <= position) return;
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(size - position), position });
    position += bytesRead;
    const lines = (rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) say(`${part}  ${line}`);
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, LOOK_EVERY_MS);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await looking.then(look);
    },
  };
}

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return 0;
      throw error;
    },
  );
