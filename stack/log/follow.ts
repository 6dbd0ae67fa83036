/** Follows a log file while it grows. */
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const LOOK_EVERY_MS = 200;

/**
 * Passes on the lines that are added to a file from now on. The file need not exist yet; when it is cut short, as by
 * logrotate, its new content is read from the beginning. Ends when it is disposed of, after the lines that are in the
 * file by then.
 */
export async function followLog(file: string, onLine: (line: string) => void): Promise<AsyncDisposable> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  let position = await sizeOf(file);
  let rest = '';
  const look = async () => {
    const size = await sizeOf(file);
    if (size < position) position = 0;
    if (size === position) return;
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(size - position), position });
    position += bytesRead;
    const lines = (rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
  let failure = '';
  // A file that can't be read for a while must not end the program; each reason is a line once.
  const attempt = () =>
    look().catch((error: Error) => {
      if (error.message !== failure) onLine(`${file} can't be read: ${error.message}`);
      failure = error.message;
    });
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(attempt);
  }, LOOK_EVERY_MS);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await looking.then(attempt);
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
