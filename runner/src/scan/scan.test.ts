import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ZipFile } from 'yazl';
import type { ClamdAddress } from '../config/clamd-address.ts';
import { prepareSource } from '../job/prepare/index.ts';
import { startGitServer } from '../job/prepare/testing/git-server.ts';
import { BareRepository } from '../job/prepare/testing/repository.ts';
import { surroundings } from '../job/prepare/testing/surroundings.ts';
import { listen } from '../sandbox/egress/testing/harness.ts';
import type { StepContext } from '../step-context.ts';
import { CLIENT_TIMEOUTS } from './client.ts';
import { describeScanner } from './describe.ts';
import { scannerFacts } from './facts.ts';
import { startScanning } from './index.ts';
import { createScanner, type ScannerOptions, type ScanPolicy } from './scanner.ts';
import {
  keptJournal,
  missingClamav,
  startTestClamd,
  TEST_SIGNATURE,
  TEST_VIRUS,
  testFolder,
} from './testing/clamav.ts';

const missing = await missingClamav();
const SIGNATURE = `${TEST_SIGNATURE}.UNOFFICIAL`;

function context(signal: AbortSignal = new AbortController().signal): StepContext & { lines: string[] } {
  const lines: string[] = [];
  return { signal, lines, log: (text) => lines.push(String(text)) };
}

function scannerAt(
  address: ClamdAddress,
  policy: ScanPolicy = 'required',
  options: Partial<ScannerOptions> = {},
) {
  return createScanner({ policy, connect: async () => address, ...options });
}

async function zipOf(files: Record<string, Buffer | string>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  return buffer(zip.outputStream);
}

/** A folder with these files in it. */
async function treeOf(files: Record<string, Buffer | string>): Promise<string> {
  const top = join(await testFolder(), 'tree');
  await mkdir(top);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(top, name, '..'), { recursive: true });
    await writeFile(join(top, name), content);
  }
  return top;
}

const CLEAN = { 'index.html': '<h1>Hello</h1>', 'src/main.js': 'console.log(1)', empty: '' };

describe.skipIf(missing !== null)(`scanning with clamd${missing === null ? '' : ` (${missing})`}`, () => {
  async function start(options: Parameters<typeof startTestClamd>[0] = {}) {
    const clamd = await startTestClamd(options);
    return { clamd, address: await clamd.connect(new AbortController().signal) };
  }

  it('lets a clean tree through, and says what was scanned with what', async () => {
    const { address } = await start();
    const ctx = context();
    await scannerAt(address).scanTree(await treeOf(CLEAN), ctx);
    expect(ctx.lines).toEqual([
      expect.stringMatching(/^Malware scan: ClamAV \d+\.\d+\.\d+, custom signatures\.$/),
      'No malware found in the source (3 files, 28 bytes).',
    ]);
  });

  it.each<[string, () => Promise<Buffer | string>]>([
    ['as it is', async () => TEST_VIRUS],
    ['in the middle of a file', async () => `${'x'.repeat(1_000_000)}${TEST_VIRUS}${'y'.repeat(1_000_000)}`],
    ['in a ZIP', () => zipOf({ 'a.txt': 'fine', 'b.com': TEST_VIRUS })],
    ['in a ZIP in a ZIP', async () => zipOf({ 'inner.zip': await zipOf({ 'b.com': TEST_VIRUS }) })],
    ['in an APK', async () => zipOf({ 'AndroidManifest.xml': 'x', 'assets/b.com': TEST_VIRUS })],
  ])('finds malware %s, in an upload, a tree and an artifact', async (_where, content) => {
    const { address } = await start();
    const scanner = scannerAt(address);
    const top = await treeOf({ ...CLEAN, 'deep/er/file.bin': await content() });
    const path = join(top, 'deep/er/file.bin');
    const found = (name: string) => ({
      name: 'JobFailure',
      code: 'malware_found',
      message: `Found ${SIGNATURE} in "${name}".`,
    });
    await expect(scanner.scanTree(top, context())).rejects.toMatchObject(found('deep/er/file.bin'));
    await expect(scanner.scanUpload(path, 'app.zip', context())).rejects.toMatchObject(found('app.zip'));
    await expect(scanner.scanArtifacts([{ path, name: 'app-1.0.zip' }], context())).rejects.toMatchObject(
      found('app-1.0.zip'),
    );
  });

  it('finds malware in a Git checkout, by the name that it has there', async () => {
    const { address } = await start();
    const around = await surroundings();
    onTestFinished(() => around.remove());
    const repo = new BareRepository(around.folder, 'app.git');
    repo.commit({ 'index.html': 'x', 'tools/setup.com': TEST_VIRUS });
    const server = await startGitServer(around.folder);
    onTestFinished(() => server.close());
    await prepareSource(
      {
        kind: 'git',
        repoUrl: `${server.url}/app.git`,
        branch: 'main',
        commit: null,
        token: null,
        rootDirectory: './',
      },
      around.workspace,
      { allowPrivateSources: true },
      around.ctx,
    );
    await expect(scannerAt(address).scanTree(around.workspace.source, context())).rejects.toMatchObject({
      code: 'malware_found',
      message: `Found ${SIGNATURE} in "tools/setup.com".`,
    });
  });

  it('finds it under the policy `optional`, too: only the scanner is optional', async () => {
    const { address } = await start();
    const top = await treeOf({ virus: TEST_VIRUS });
    await expect(scannerAt(address, 'optional').scanTree(top, context())).rejects.toMatchObject({
      code: 'malware_found',
    });
  });

  it('finds it under a name that is no UTF-8, and shows no name that could harm a terminal', async () => {
    const { address } = await start();
    const top = await treeOf(CLEAN);
    const hostile = Buffer.concat([
      Buffer.from(`${top}/`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('\u001b[2J'),
    ]);
    await writeFile(hostile, TEST_VIRUS);
    await expect(scannerAt(address).scanTree(top, context())).rejects.toMatchObject({
      message: `Found ${SIGNATURE} in "\u{FFFD}\u{FFFD}\u{FFFD}[2J".`,
    });
  });

  it('follows no link out of the tree, and waits for no pipe', async () => {
    const { address } = await start();
    const outside = await treeOf({ virus: TEST_VIRUS });
    const top = await treeOf(CLEAN);
    await symlink(join(outside, 'virus'), join(top, 'link'));
    await symlink(outside, join(top, 'folder-link'));
    await execa('mkfifo', [join(top, 'pipe')]);
    const ctx = context();
    await scannerAt(address).scanTree(top, ctx);
    await scannerAt(address).scanArtifacts([{ path: join(top, 'link'), name: 'link' }], ctx);
    expect(ctx.lines).toContain('No malware found in the source (3 files, 28 bytes).');
  });

  it('scans a thousand small files, many at a time', async () => {
    const { address } = await start();
    const files = Object.fromEntries(
      Array.from({ length: 1000 }, (_, number) => [`d${number % 50}/f${number}`, `${number}`]),
    );
    const ctx = context();
    await scannerAt(address).scanTree(await treeOf(files), ctx);
    expect(ctx.lines.at(-1)).toMatch(/1000 files/);
  });

  it('sends a large file piece by piece, whole', async () => {
    const { address } = await start();
    const end = Buffer.concat([randomBytes(40_000_000), Buffer.from(TEST_VIRUS)]);
    const top = await treeOf({ large: end });
    await expect(scannerAt(address).scanTree(top, context())).rejects.toMatchObject({
      code: 'malware_found',
    });
  });

  describe('of what is over the scanner’s limit', () => {
    it('refuses to build, where a scan is required, and says which limit', async () => {
      const { address } = await start({ streamMaxLength: '1M' });
      const top = await treeOf({ ...CLEAN, 'video.mp4': randomBytes(3_000_000) });
      await expect(scannerAt(address).scanTree(top, context())).rejects.toMatchObject({
        code: 'scan_unavailable',
        message: 'Not fully scanned, because of a scanner limit: "video.mp4" (StreamMaxLength).',
      });
    });

    it('warns, where it is optional, and scans the rest', async () => {
      const { address } = await start({ streamMaxLength: '1M' });
      const top = await treeOf({ ...CLEAN, 'video.mp4': randomBytes(3_000_000) });
      const ctx = context();
      await scannerAt(address, 'optional').scanTree(top, ctx);
      expect(ctx.lines.slice(1)).toEqual([
        'Warning: Not fully scanned, because of a scanner limit: "video.mp4" (StreamMaxLength).',
        'No malware found in the source (4 files, 3.0 MB).',
      ]);
      await writeFile(join(top, 'virus'), TEST_VIRUS);
      await expect(scannerAt(address, 'optional').scanTree(top, ctx)).rejects.toMatchObject({
        code: 'malware_found',
      });
    });

    it('lets an upload through to unpacking, where its files are scanned', async () => {
      const { address } = await start({ streamMaxLength: '1M' });
      const top = await treeOf({ 'app.zip': randomBytes(3_000_000) });
      const ctx = context();
      await scannerAt(address).scanUpload(join(top, 'app.zip'), 'app.zip', ctx);
      expect(ctx.lines).toEqual([
        '"app.zip" is too large to scan as one file (StreamMaxLength). Scanning its files one by one.',
      ]);
    });
  });

  it('stops when the job does', async () => {
    const { address } = await start();
    const stop = new AbortController();
    const ctx = context(stop.signal);
    const top = await treeOf({ large: randomBytes(60_000_000) });
    const reason = new Error('canceled');
    const scanning = scannerAt(address).scanTree(top, { ...ctx, log: () => stop.abort(reason) });
    await expect(scanning).rejects.toBe(reason);
    await expect(scannerAt(address).scanUpload(join(top, 'large'), 'large', ctx)).rejects.toBe(reason);
  });

  describe('when clamd dies in the middle of a scan', () => {
    /** Scans a file while the clamd that scans it is killed. */
    async function scanAndKill(policy: ScanPolicy) {
      const { address, clamd } = await start();
      const relay = await relayTo(address, async (sent) => {
        if (sent > 1_000_000)
          process.kill(Number(await readFile(join(clamd.folder, 'clamd.pid'), 'utf8')), 'SIGKILL');
      });
      const top = await treeOf({ large: randomBytes(30_000_000) });
      const ctx = context();
      await scannerAt(relay, policy).scanUpload(join(top, 'large'), 'large', ctx);
      return { ctx, clamd, address };
    }

    it('the job fails, where a scan is required', async () => {
      await expect(scanAndKill('required')).rejects.toMatchObject({
        code: 'scan_unavailable',
        message: 'The malware scanner closed the connection.',
      });
    });

    it('the log warns, where it is optional; clamd is started again and serves the next job', async () => {
      const { ctx, clamd } = await scanAndKill('optional');
      expect(ctx.lines).toEqual([
        'Warning: not everything was scanned for malware. The malware scanner closed the connection.',
      ]);
      const address = await clamd.connect(new AbortController().signal);
      const after = context();
      await scannerAt(address).scanTree(await treeOf(CLEAN), after);
      expect(after.lines.at(-1)).toMatch(/^No malware found/);
      expect(clamd.journal.lines.join('\n')).toContain('exited. Restarting it');
    });
  });

  it('tells doctor who it is', async () => {
    const { address } = await start();
    expect(await describeScanner(address)).toMatchObject({
      ok: true,
      text: expect.stringContaining('ClamAV'),
    });
    expect(await describeScanner({ kind: 'unix', path: '/nowhere' })).toEqual({
      ok: false,
      text: 'The malware scanner cannot be reached.',
    });
  });

  describe('managed by the runner', () => {
    const isRoot = process.getuid?.() === 0;

    it('does not run as root, which reads hostile files', async () => {
      const { clamd } = await start();
      const pid = (await readFile(join(clamd.folder, 'clamd.pid'), 'utf8')).trim();
      const uid = /^Uid:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
      expect(uid).toBe(String(isRoot ? (await stat(clamd.folder)).uid : process.getuid?.()));
      expect(uid).not.toBe('0');
    });

    it('ends with the runner, and leaves nothing of what was scanned', async () => {
      const { clamd } = await start();
      const pid = Number(await readFile(join(clamd.folder, 'clamd.pid'), 'utf8'));
      await clamd.close();
      await clamd.close();
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      expect(await readdir(join(clamd.folder, 'tmp'))).toEqual([]);
    });

    it('takes the place of one that a killed runner left behind', async () => {
      const first = await start();
      const left = Number(await readFile(join(first.clamd.folder, 'clamd.pid'), 'utf8'));
      await writeFile(join(first.clamd.folder, 'tmp', 'leftover'), 'somebody’s source');
      // Where it restarts the one that is ended here, it would be in the way of the second.
      const moved = `${first.clamd.folder}.moved`;
      await rename(first.clamd.folder, moved);
      const second = await start({ folder: moved });
      expect(() => process.kill(left, 0)).toThrow('ESRCH');
      expect(second.clamd.journal.lines.join()).toContain('earlier run');
      expect(await readdir(join(moved, 'tmp'))).toEqual([]);
    });

    describe('without signatures of anybody', () => {
      async function startBare() {
        const clamd = await startTestClamd({ signaturesFrom: null });
        const connect = (signal: AbortSignal) => clamd.connect(signal);
        const { hasSignatures } = clamd;
        const scanner = (policy: 'optional' | 'required') =>
          createScanner({ policy, connect, hasSignatures });
        return { scanner, facts: () => scannerFacts('optional', connect, hasSignatures) };
      }

      it('finds the test file, also in an archive, and not where a text mentions it', async () => {
        const { scanner } = await startBare();
        const scan = async (content: Buffer | string) =>
          scanner('optional').scanTree(await treeOf({ ...CLEAN, file: content }), context());
        const found = { code: 'malware_found', message: `Found ${SIGNATURE} in "file".` };
        await expect(scan(TEST_VIRUS)).rejects.toMatchObject(found);
        await expect(scan(await zipOf({ 'a.com': TEST_VIRUS }))).rejects.toMatchObject(found);
        await expect(scan(`The test file is ${TEST_VIRUS}`)).resolves.toBe(true);
      });

      it('goes on where a scan is optional, and the log says once that only the test file is known', async () => {
        const { scanner, facts } = await startBare();
        const ctx = context();
        const top = await treeOf(CLEAN);
        await scanner('optional').scanTree(top, ctx);
        await scanner('optional').scanArtifacts([{ path: join(top, 'index.html'), name: 'index.html' }], ctx);
        expect(ctx.lines).toEqual([
          expect.stringMatching(
            /^Malware scan: ClamAV \d+\.\d+\.\d+, only the EICAR test signature so far\.$/,
          ),
          'No malware found in the source (3 files, 28 bytes).',
          'No malware found in the artifacts (1 file, 14 bytes).',
        ]);
        expect(await facts()).toMatchObject({ engine: null, lacksSignatures: true });
      });

      it('does not build where a scan is required', async () => {
        const { scanner } = await startBare();
        await expect(scanner('required').scanTree(await treeOf(CLEAN), context())).rejects.toMatchObject({
          code: 'scan_unavailable',
          message: 'The malware scanner has not downloaded its signatures yet.',
        });
      });
    });

    it('fetches signatures with freshclam, as the host’s configuration says, and begins to scan', async () => {
      const marker = 'only the downloaded signatures know this text';
      const database = `Downloaded.Marker:0:*:${Buffer.from(marker).toString('hex')}\n`;
      const asked: (string | undefined)[] = [];
      const mirror = createServer((request, response) => {
        asked.push(request.url);
        response
          .writeHead(request.url === '/test.ndb' ? 200 : 404)
          .end(request.url === '/test.ndb' ? database : '');
      });
      const port = await listen(mirror);
      const config = join(await testFolder(), 'freshclam.conf');
      const official = ['main', 'daily', 'bytecode'].map((name) => `ExcludeDatabase ${name}`);
      const own = [
        `PrivateMirror http://127.0.0.1:${port}`,
        `DatabaseCustomURL http://127.0.0.1:${port}/test.ndb`,
      ];
      await writeFile(config, [...own, ...official, 'ScriptedUpdates no', ''].join('\n'));
      await execa('chmod', ['755', join(config, '..')]);
      const clamd = await startTestClamd({ signaturesFrom: null, freshclamConfig: config });
      const top = await treeOf({ marked: marker });
      const address = await clamd.connect(new AbortController().signal);
      // clamd loads them a moment after they have arrived.
      await expect
        .poll(
          () =>
            scannerAt(address)
              .scanTree(top, context())
              .catch((error: Error) => error.message),
          {
            timeout: 60_000,
          },
        )
        .toMatch(/^Found Downloaded\.Marker\S* in "marked"\.$/);
      expect(await clamd.hasSignatures()).toBe(true);
      expect(asked).toContain('/test.ndb');
      expect(clamd.journal.lines.join()).toContain('The malware signatures are up to date');
    });

    it('writes to the journal when an update fails, and goes on', async () => {
      const clamd = await startTestClamd({ freshclamConfig: '/nowhere/freshclam.conf' });
      await clamd.connect(new AbortController().signal);
      while (!clamd.journal.lines.some((line) => line.includes('could not be updated'))) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
  });
});

/** Passes connections on to clamd, and tells how much went there. */
async function relayTo(
  address: ClamdAddress,
  onSent: (bytes: number) => Promise<void>,
): Promise<ClamdAddress> {
  if (address.kind !== 'unix') throw new Error('not a socket');
  const server = createTcpServer((client) => {
    const upstream = connect(address.path);
    let sent = 0;
    client.on('data', (chunk: Buffer) => {
      sent += chunk.length;
      onSent(sent).catch(() => undefined);
    });
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  return { kind: 'tcp', host: '127.0.0.1', port: await listen(server) };
}

/** Plays something on a port that is not quite clamd. */
async function playScanner(onConnection: (socket: Socket) => void): Promise<ClamdAddress> {
  const server = createTcpServer((socket) => {
    // Cut by the client, which is what some tests are about.
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  return { kind: 'tcp', host: '127.0.0.1', port: await listen(server) };
}

describe('a scanner that is not what it should be', () => {
  const hasty = { timeouts: { ...CLIENT_TIMEOUTS, transferMs: 30, verdictMs: 30 } };

  it.each<[string, (socket: Socket) => void, string]>([
    ['hangs up', (socket) => socket.destroy(), 'The malware scanner closed the connection.'],
    ['says nothing', (socket) => socket.resume(), 'The malware scanner does not respond.'],
    ['speaks of other things', (socket) => socket.end('220 mail.test ESMTP\0'), '220 mail.test'],
    ['talks without end', (socket) => socket.end('x'.repeat(100_000)), 'xxx'],
    ['reports an error', (socket) => socket.end('stream: Can’t write ERROR\0'), 'ERROR'],
  ])('and %s counts as none: a job fails where a scan is required', async (_what, act, message) => {
    const address = await playScanner(act);
    const top = await treeOf(CLEAN);
    const scanning = scannerAt(address, 'required', hasty).scanUpload(
      join(top, 'index.html'),
      'a.zip',
      context(),
    );
    await expect(scanning).rejects.toMatchObject({
      code: 'scan_unavailable',
      message: expect.stringContaining(message),
    });
  });

  it('or is not there fails a job where a scan is required, and is a warning where it is optional', async () => {
    const address: ClamdAddress = { kind: 'unix', path: '/nowhere/clamd.sock' };
    const top = await treeOf(CLEAN);
    await expect(scannerAt(address).scanTree(top, context())).rejects.toMatchObject({
      code: 'scan_unavailable',
      message: 'The malware scanner cannot be reached.',
    });
    const ctx = context();
    await scannerAt(address, 'optional').scanTree(top, ctx);
    expect(ctx.lines).toEqual([
      'Warning: not everything was scanned for malware. The malware scanner cannot be reached.',
    ]);
  });

  it('warns of signatures that are old', async () => {
    const address = await playScanner((socket) => {
      socket.on('data', (chunk) =>
        socket.end(
          String(chunk).startsWith('zVERSION')
            ? 'ClamAV 1.4.6/27500/Mon Nov 2 08:00:00 2026\0'
            : 'stream: OK\0',
        ),
      );
    });
    const ctx = context();
    const scanner = scannerAt(address, 'required', { now: () => new Date('2026-11-23T12:00:00') });
    await scanner.scanTree(await treeOf(CLEAN), ctx);
    expect(ctx.lines.slice(0, 2)).toEqual([
      'Malware scan: ClamAV 1.4.6, signatures 21 days old, out of date.',
      'No malware found in the source (3 files, 28 bytes).',
    ]);
  });

  it('tells the runner’s owner its version and when its signatures were made, or that it is not there', async () => {
    const address = await playScanner((socket) => {
      socket.on('data', () => socket.end('ClamAV 1.4.6/27500/Mon Nov 2 08:00:00 2026\0'));
    });
    expect(await scannerFacts('required', async () => address)).toEqual({
      policy: 'required',
      engine: '1.4.6',
      signaturesAt: new Date('Mon Nov 2 08:00:00 2026').toISOString(),
    });
    const nowhere = { kind: 'unix', path: '/nowhere' } as const;
    const nothing = { engine: null, signaturesAt: null };
    expect(await scannerFacts('optional', async () => nowhere)).toEqual({ policy: 'optional', ...nothing });
    expect(await scannerFacts('off', async () => address)).toEqual({ policy: 'off', ...nothing });
  });

  it('is not asked at all when scanning is off', async () => {
    const state = await testFolder();
    const scanning = await startScanning({
      policy: 'off',
      address: { kind: 'managed' },
      state,
      journal: keptJournal(),
    });
    const ctx = context();
    const top = await treeOf({ virus: TEST_VIRUS });
    await scanning.scanUpload(join(top, 'virus'), 'a.zip', ctx);
    await scanning.scanTree(top, ctx);
    await scanning.scanArtifacts([{ path: join(top, 'virus'), name: 'a.zip' }], ctx);
    expect(ctx.lines).toEqual(['Malware scan skipped: turned off on this runner.']);
    expect(await readdir(state)).toEqual([]);
    await scanning.close();
  });

  it('that cannot be started does not keep the runner from starting', async () => {
    const journal = keptJournal();
    const state = join(await testFolder(), 'x'.repeat(100));
    const scanning = await startScanning({
      policy: 'required',
      address: { kind: 'managed' },
      state,
      journal,
    });
    await expect(scanning.scanTree(await treeOf(CLEAN), context())).rejects.toMatchObject({
      code: 'scan_unavailable',
    });
    expect(journal.lines.join()).toContain('could not be started');
    await scanning.close();
  });
});
