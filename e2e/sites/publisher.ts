/** Publishes sites in an instance as a runner does, without a build: a simulated runner sends the pack. */
import { createHash } from 'node:crypto';
import { brotliCompressSync, constants, crc32, deflateRawSync } from 'node:zlib';
import {
  type CreateDeployment,
  EMPTY_RULES,
  encodeSiteIndex,
  SERVER_FOLDER,
  type ServerSpec,
  SITE_PACK_TYPE,
  type SiteAddition,
  type SiteRules,
} from '@appflux/protocol';
import { Client, pause } from '../instance/client.ts';
import { UNREAD_SOURCE } from '../instance/simulated-build.ts';
import { type SimulatedAttempt, SimulatedRunner } from '../instance/simulated-runner.ts';

/** The contents of files by their paths. Texts are compressed. */
export type SiteFiles = Readonly<Record<string, string | Uint8Array>>;

/** What deploys to one app of an instance, with a runner of its own. */
export interface SitePublisher {
  readonly slug: string;
  /** Deploys, to production by default, where it waits until that is the release. Resolves with the deployment's id. */
  publish(
    files: SiteFiles,
    rules?: Partial<SiteRules>,
    asked?: Pick<CreateDeployment, 'environment'> & { server?: ServerSpec },
  ): Promise<string>;
  /** Deploys a server whose main module is this script, and its assets. */
  publishServer(script: string, files?: SiteFiles, spec?: Partial<ServerSpec>): Promise<string>;
}

/** Creates an app and a runner. `name` is the app's, the runner's and the label's that pairs them. */
export async function sitePublisher(
  edge: { url: string; token: string },
  name: string,
): Promise<SitePublisher> {
  const client = new Client(edge);
  const { slug } = await client.createApp({ name, type: 'web', build: { labels: [name] } });
  const registered = await client.registerRunner(name, [name]);
  const runner = await SimulatedRunner.connect(edge.url, registered, { labels: [name] });
  const publish: SitePublisher['publish'] = async (
    files,
    rules = {},
    { environment = 'production', server } = {},
  ) => {
    const uploadId = await client.upload('source.zip', UNREAD_SOURCE);
    const { id } = await client.deploy(slug, { uploadId, environment });
    const attempt = await runner.begin();
    await deliver(attempt, await packOf(files, rules, server), {
      files: Object.keys(files).length,
      unpackedBytes: Object.values(files).reduce((sum, { length }) => sum + length, 0),
    });
    attempt.finish({ status: 'success', artifacts: [NAME] });
    runner.free(attempt.grant);
    const ended = await client.untilEnded(id);
    if (ended.status !== 'success') throw new Error(`not published: ${JSON.stringify(ended.failure)}`);
    if (environment === 'production') while ((await client.app(slug)).release !== id) await pause(50);
    return id;
  };
  return {
    slug,
    publish,
    publishServer: (script, files = {}, spec = {}) => {
      const all = { ...files, [`${SERVER_FOLDER}${SPEC.main}`]: script };
      return publish(all, {}, { server: { ...SPEC, ...spec } });
    },
  };
}

const NAME = 'site.zip';

/** A server of one module. */
const SPEC: ServerSpec = {
  version: 1,
  framework: null,
  main: 'worker.js',
  compatibilityDate: '2026-11-01',
  compatibilityFlags: [],
  assets: { workerFirst: false, notFound: 'none' },
  vars: {},
  bindings: {},
  crons: [],
};

/** A pack can be larger than what one request takes. */
async function deliver(
  { grant: { attempt }, socket }: SimulatedAttempt,
  pack: Buffer,
  facts: { files: number; unpackedBytes: number },
): Promise<void> {
  const request = 'site';
  socket.send({
    type: 'upload',
    attempt,
    request,
    name: NAME,
    contentType: SITE_PACK_TYPE,
    size: pack.length,
    sha256: sha256(pack),
    meta: { ...facts, entry: 'index.html' },
  });
  const { partSize, parts } = await socket.next('upload_granted');
  const sent = [];
  for (const { partNumber, url } of parts) {
    const body = pack.subarray((partNumber - 1) * partSize, partNumber * partSize);
    const answer = await fetch(url, { method: 'PUT', body: new Uint8Array(body) });
    if (!answer.ok) throw new Error(`storage answered ${answer.status}`);
    sent.push({ partNumber, etag: answer.headers.get('etag') ?? '' });
  }
  socket.send({ type: 'uploaded', attempt, request, name: NAME, parts: sent });
  await socket.next('upload_done');
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A complete pack, without a base. */
async function packOf(
  files: SiteFiles,
  rules: Partial<SiteRules>,
  server: ServerSpec | undefined,
): Promise<Buffer> {
  const contents: Uint8Array[] = [];
  let end = 0;
  const append = (content: Uint8Array): { offset: number; length: number } => {
    contents.push(content);
    end += content.length;
    return { offset: end - content.length, length: content.length };
  };
  const add = Object.entries(files).map(([path, content]): SiteAddition => {
    const bytes = Buffer.from(content);
    const facts = { path, size: bytes.length, sha256: sha256(bytes), crc32: crc32(bytes) };
    if (typeof content !== 'string') return { ...facts, ...append(bytes), method: 'stored', br: null };
    const br = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
    return {
      ...facts,
      ...append(deflateRawSync(bytes, { level: 9 })),
      method: 'deflate',
      br: br.length < bytes.length ? append(br) : null,
    };
  });
  const index = await encodeSiteIndex({
    version: 1,
    kind: 'site',
    base: null,
    add,
    copy: [],
    remove: [],
    rules: { ...EMPTY_RULES, ...rules },
    ...(server === undefined ? {} : { server }),
  });
  return Buffer.concat([index, ...contents]);
}
