/** An instance with its own proxy, and certificates from a certificate authority of the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcmePrograms } from '../../stack/acme/install.ts';
import { type Acme, startAcme } from '../../stack/acme/serve.ts';
import { addressesOf } from '../../stack/addresses/addresses.ts';
import { LOOPBACK_ONLY } from '../../stack/addresses/reach.ts';
import { controlPlane } from '../../stack/control-plane.ts';
import { publicUrl, s3Endpoint, s3EndpointAt } from '../../stack/edge/config.ts';
import { freePort } from '../../stack/free-port.ts';
import { serveAnswers } from '../../stack/https/answers.ts';
import { certificatesOf, startProxy } from '../../stack/https/proxy.ts';
import { machineStatus } from '../../stack/machine-status.ts';
import { statePaths } from '../../stack/state.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';

export const HOST = 'flux.example.test';
export const SITES = 'sites.example.test';
/** A host that the authority refuses. */
export const REFUSED = `refused.${SITES}`;

export interface HttpsInstance {
  readonly edge: EdgeInstance;
  readonly acme: Acme;
  readonly httpPort: number;
  readonly port: number;
  /** Where this machine reaches the edge. */
  readonly localUrl: string;
  readonly askUrl: string;
  /** The state folder of the proxy. */
  readonly state: string;
  /** Another proxy in front of the same edge, with a state folder of its own. */
  proxyOn(state: string): Promise<{ readonly port: number; stop(): Promise<void> }>;
  stop(): Promise<void>;
}

/** Starts it; its proxy renews certificates every two seconds. */
export async function startHttps(
  programs: AcmePrograms & { caddy: string },
  { certificatesPerTeam }: { certificatesPerTeam: number },
): Promise<HttpsInstance> {
  const [httpPort, port] = [await freePort(), await freePort()];
  const cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'appflux-https-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const acme = await startAcme(programs, { httpPort, tlsPort: port, refused: [REFUSED] });
  cleanup.defer(() => acme.stop());
  const url = `https://${HOST}:${port}`;
  const { directory, directoryRoot: root } = acme;
  const tls = { ...LOOPBACK_ONLY.tls, mode: 'auto', directory, root, httpPort } as const;
  const addresses = addressesOf({
    port: 1,
    reach: { ...LOOPBACK_ONLY, publicUrl: url, sitesDomain: SITES, tls },
  });
  const { https } = addresses;
  if (https === null) throw new Error('these settings are for https');
  const { proxy: files } = statePaths(folder);
  const edgeSocket = join(folder, 'proxy.sock');
  let localUrl = '';
  let operatorSecret = '';
  const answers = await serveAnswers({
    addresses,
    mayHaveCertificate: (host) => controlPlane(localUrl, operatorSecret).mayHaveCertificate(host),
    certificates: () => certificatesOf(https, files),
    machine: () => machineStatus(folder, null),
    resolve: async (name) => {
      if (name === HOST || name.startsWith('known.')) return ['127.0.0.1'];
      throw new Error('ENOTFOUND');
    },
  });
  cleanup.use(answers);
  const edge = await startInstance({
    reachedAt: () => url,
    variables: (edgePort) => {
      localUrl = publicUrl(edgePort);
      return {
        SITES_DOMAIN: addresses.sitesDomain,
        S3_ENDPOINT: s3Endpoint(edgePort),
        S3_PUBLIC_ENDPOINT: s3EndpointAt(url),
        ADDRESS_STATUS_URL: answers.statusUrl,
        CERTIFICATES_PER_TEAM: String(certificatesPerTeam),
      };
    },
    config: { proxySocket: edgeSocket },
  });
  operatorSecret = edge.operatorSecret;
  cleanup.defer(() => edge.stop());
  const proxy = await startProxy({
    program: programs.caddy,
    addresses,
    https,
    files,
    edgeSocket,
    askUrl: answers.askUrl,
    renewal: { everySeconds: 2, whenLeft: 1 },
    env: process.env,
    say: () => undefined,
  });
  cleanup.defer(() => proxy.stop());
  const { askUrl } = answers;
  const proxyOn = async (state: string) => {
    const other = { ...https, port: await freePort(), httpPort: await freePort() };
    const { stop } = await startProxy({
      program: programs.caddy,
      addresses,
      https: other,
      files: statePaths(state).proxy,
      edgeSocket,
      askUrl,
      env: process.env,
      say: () => undefined,
    });
    return { port: other.port, stop };
  };
  const stop = () => cleanup.disposeAsync();
  return { edge, acme, httpPort, port, localUrl, askUrl, state: folder, proxyOn, stop };
}
