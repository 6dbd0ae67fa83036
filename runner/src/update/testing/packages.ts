/** Packages of the runner for tests: archives with any entries, and folders whose program does what a test wants. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Headers, pack } from 'tar-stream';
import { COMPLETE_FILE } from '../prepare.ts';
import { folderOf, type Version } from '../version-record.ts';

export type TarEntry = Headers & { readonly text?: string };

/** A gzipped tar archive of these entries, whatever they are. */
export async function archiveOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { text = '', ...header } of entries) tar.entry(header, text);
  tar.finalize();
  return gzipSync(await buffer(tar));
}

/** The entries of a package that is as it should be. */
export const packageEntries = (version: string, program = ''): TarEntry[] => [
  { name: 'runner/package.json', text: JSON.stringify({ version }) },
  { name: 'runner/src/commands/cli.ts', text: program, mode: 0o755 },
];

export const sha256Of = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

/** An instance that serves a package and says of it what a test wants. */
export class PackageServer {
  facts: unknown = null;
  archive: Buffer = Buffer.alloc(0);
  /** Cuts the archive off after so many bytes. */
  cutAt: number | undefined;
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      this.asked.push(request.url ?? '');
      if (request.url === '/runner-package/package.json' && this.facts !== null) {
        response.end(typeof this.facts === 'string' ? this.facts : JSON.stringify(this.facts));
      } else if (request.url === '/runner-package/runner.tgz') {
        response.writeHead(200, { 'content-length': this.archive.length });
        if (this.cutAt === undefined) response.end(this.archive);
        else response.write(this.archive.subarray(0, this.cutAt), () => response.destroy());
      } else response.writeHead(404).end();
    });
  }

  static async start(): Promise<PackageServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PackageServer(server);
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  /** Serves an archive and its real facts, of which some may be replaced. */
  serve(archive: Buffer, version: string, wrong: Readonly<Record<string, unknown>> = {}): void {
    this.archive = archive;
    this.facts = { version, sha256: sha256Of(archive), bytes: archive.length, ...wrong };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Puts a program where a version's own would be, with its packages installed. */
export async function putVersion(state: string, version: Version, program: string): Promise<void> {
  const folder = folderOf(state, version);
  await putProgram(folder, program);
  await writeFile(join(folder, COMPLETE_FILE), version.sha256);
}

/** Puts a program where a package has the command line. */
export async function putProgram(folder: string, program: string): Promise<void> {
  const commands = join(folder, 'runner', 'src', 'commands');
  await mkdir(commands, { recursive: true });
  await writeFile(join(commands, 'cli.ts'), program);
}
