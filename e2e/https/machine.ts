/**
 * Another machine, as far as a network makes it one: a network namespace with an address of its own, whose only way out
 * is a link to this machine. On this end of the link, one port leads to a port of loopback. Needs root.
 */
import { mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { execa } from 'execa';

/** Files here replace those of /etc for programs in a namespace (ip-netns(8)). */
const NAMESPACE_FILES = '/etc/netns';

export interface Machine {
  /** What a command line begins with to run there. */
  readonly prefix: readonly string[];
  /** This machine, seen from there. */
  readonly gateway: string;
  remove(): Promise<void>;
}

/** Why there can be no other machine here; null if there can. */
export async function whyNoMachine(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'only root can add a network namespace';
  const { failed, shortMessage } = await execa('ip', ['netns', 'list'], { reject: false });
  return failed ? `network namespaces can't be used here: ${shortMessage}` : null;
}

/** Adds it. It knows `host` by name, and reaches only `port` there, which is this machine's on loopback. */
export async function addMachine(host: string, port: number): Promise<Machine> {
  const name = `appflux-test-${process.pid}`;
  // A network of four addresses, one of 4096 by the process.
  const at = (process.pid % 4096) * 4;
  const address = (last: number) => `10.213.${64 + (at >> 8)}.${(at & 255) + last}`;
  const [gateway, own] = [address(1), address(2)];
  const [outside, inside] = [`aft${process.pid}a`, `aft${process.pid}b`];
  const ip = (...args: string[]) => execa('ip', args);
  const cleanup = new AsyncDisposableStack();
  try {
    await ip('netns', 'add', name);
    cleanup.defer(() => ip('netns', 'delete', name).then(() => undefined));
    await ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', name);
    cleanup.defer(async () => {
      // It may be gone with the namespace already.
      await execa('ip', ['link', 'delete', outside], { reject: false });
    });
    await ip('address', 'add', `${gateway}/30`, 'dev', outside);
    await ip('link', 'set', outside, 'up');
    await ip('-n', name, 'address', 'add', `${own}/30`, 'dev', inside);
    for (const device of ['lo', inside]) await ip('-n', name, 'link', 'set', device, 'up');
    await ip('-n', name, 'route', 'add', 'default', 'via', gateway);
    await mkdir(`${NAMESPACE_FILES}/${name}`, { recursive: true });
    cleanup.defer(async () => {
      await rm(`${NAMESPACE_FILES}/${name}`, { recursive: true });
      // It stays where others have files in it.
      if ((await readdir(NAMESPACE_FILES)).length === 0) await rmdir(NAMESPACE_FILES);
    });
    const hosts = `127.0.0.1 localhost\n${gateway} ${host}\n`;
    await writeFile(`${NAMESPACE_FILES}/${name}/hosts`, hosts);
    const server = await forward(gateway, port);
    cleanup.defer(() => void server.close());
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
  return { prefix: ['ip', 'netns', 'exec', name], gateway, remove: () => cleanup.disposeAsync() };
}

/** Leads connections to a port of an address to the same port of loopback. */
function forward(address: string, port: number): Promise<Server> {
  const server = createServer((incoming) => {
    const onward = connect(port, '127.0.0.1');
    incoming.pipe(onward).pipe(incoming);
    // One end is gone: so is the other.
    incoming.on('error', () => onward.destroy());
    onward.on('error', () => incoming.destroy());
    incoming.on('close', () => onward.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => resolve(server));
  });
}
