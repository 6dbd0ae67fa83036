/** A proxy before an instance that cuts connections in the middle of an upload. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export class CuttingProxy {
  /** The port of the instance. */
  target = 0;
  /** How many more PUTs of sources are cut, and how many were. */
  cuts = 0;
  cut = 0;
  /** Bytes of sources that were sent since `cutNext`. */
  received = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => this.#relay(client));

  static async start(): Promise<CuttingProxy> {
    const proxy = new CuttingProxy();
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts the next PUTs after some bytes of each. */
  cutNext(count: number): void {
    this.cuts = count;
    this.cut = 0;
    this.received = 0;
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #relay(client: Socket): void {
    const server = connect(this.target, '127.0.0.1');
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
      // Reset by one side or the other: both are closed above.
      socket.on('error', () => undefined);
    }
    let left = Number.POSITIVE_INFINITY;
    let isSource = false;
    client.on('data', (chunk) => {
      const request = /^(?:PUT|POST|GET) \S+/.exec(chunk.toString('latin1', 0, 200))?.[0];
      if (request !== undefined) {
        isSource = /^PUT .*\/uploads\//.test(request);
        left = isSource && this.cuts > 0 ? 500_000 : Number.POSITIVE_INFINITY;
        if (isSource && this.cuts > 0) this.cuts -= 1;
      }
      if (isSource) this.received += chunk.length;
      left -= chunk.length;
      if (left < 0) {
        this.cut += 1;
        client.resetAndDestroy();
      }
    });
    client.pipe(server);
    server.pipe(client);
  }
}
