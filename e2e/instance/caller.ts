/** Clients of an instance whose names are in no DNS: they go to loopback, and trust a certificate authority of a test. */
import { connect } from 'node:http2';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';

const toLoopback: LookupFunction = (_name, options, callback) => {
  if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

/** Has every `fetch` of this process resolve names to loopback and trust the authority. Returns what undoes it. */
export function fetchByLoopback(ca: string): () => void {
  const before = getGlobalDispatcher();
  setGlobalDispatcher(new Agent({ connect: { ca, lookup: toLoopback } }));
  return () => setGlobalDispatcher(before);
}

/** The same for WebSockets. */
export const agentByLoopback = (ca: string): HttpsAgent => new HttpsAgent({ ca, lookup: toLoopback });

/** The certificate that a port of loopback shows for a host. Rejects when the handshake fails. */
export function certificateOf(host: string, port: number, ca: string): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, servername: host, ca }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

/** The status of a GET by HTTP/2. */
export function http2Status(url: URL, ca: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const session = connect(url.origin, { ca, lookup: toLoopback });
    session.once('error', reject);
    const stream = session.request({ ':path': url.pathname });
    stream.once('error', reject);
    stream.once('response', (headers) => {
      resolve(headers[':status'] ?? 0);
      session.destroy();
    });
    stream.end();
  });
}
