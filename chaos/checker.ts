/**
 * Checks an instance after a run and reports violations. It knows the requests and their answers, but not the
 * injected faults: none of them is an excuse.
 */
import { eachItem } from '@appflux/client';
import { type Deployment, LogLine } from '@appflux/protocol';
import { type Client, pause } from '../e2e/instance/client.ts';
import type { EdgeInstance } from '../e2e/instance/edge.ts';
import type { RunnerProcess } from '../e2e/instance/runner.ts';
import { judgeEnding, judgeHistory } from './check/ending.ts';
import { judgeFollowed, judgeKept, judgeLog } from './check/log.ts';
import { judgeRecords, readRecords } from './check/records.ts';
import { judgeArtifact, judgeObjects, listObjects, readManifests } from './check/storage.ts';
import type { Asked, Kept, Ledger } from './ledger.ts';

export interface Evidence {
  readonly edge: EdgeInstance;
  readonly client: Client;
  readonly runners: readonly RunnerProcess[];
  readonly ledger: Ledger;
  /** Slugs of apps whose newer deployments supersede waiting ones. */
  readonly superseding: ReadonlySet<string>;
}

/** How long cleanup may still take, in milliseconds. */
const SETTLE_MS = 60_000;

/** Checks everything; returns the violations, one sentence each, and how the deployments ended. */
export async function check(evidence: Evidence): Promise<{ faults: string[]; deployments: Deployment[] }> {
  const { client, ledger } = evidence;
  const unsettled = await settled(evidence);
  const deployments = await allDeployments(client, ledger);
  const faults = [...ledger.unexplained, ...unsettled, ...judgeAsked(ledger, deployments)];
  for (const deployment of deployments) {
    const say = (what: string) => faults.push(`${deployment.app.slug} ${deployment.id} ${what}`);
    const { id } = deployment;
    const superseded =
      evidence.superseding.has(deployment.app.slug) &&
      deployments.some(
        (other) =>
          other.id !== id && other.appId === deployment.appId && other.createdAt >= deployment.createdAt,
      );
    const cancels = ledger.cancels.get(id) ?? [];
    const verdicts = worksOf(deployment, ledger).map((work) =>
      judgeEnding({ deployment, work, cancels, superseded }),
    );
    if (!verdicts.some((faults) => faults.length === 0)) verdicts[0]?.forEach(say);
    judgeHistory([...(ledger.sightings.get(id) ?? []), deployment]).forEach(say);
    const lines = await wholeLog(client, id);
    const log = judgeLog(lines, deployment.status === 'success');
    log.faults.forEach(say);
    // Only before the deployment has ended are lines taken that come late.
    const isOpen = ({ attempt }: Kept) => attempt < deployment.attempt;
    judgeKept(
      ledger.kept.filter((kept) => kept.id === id && isOpen(kept)),
      lines,
    ).forEach(say);
    (await judgePages(client, id, lines)).forEach(say);
    for (const followed of ledger.followed.filter((one) => one.id === id))
      judgeFollowed(followed, lines, deployment.status).forEach(say);
    for (const artifact of deployment.artifacts) (await judgeArtifact(artifact, log.digest)).forEach(say);
  }
  return { faults, deployments };
}

/** Waits for what takes time to settle: records, storage, runners. */
async function settled({ edge, client, runners, ledger }: Evidence): Promise<string[]> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const objects = await listObjects(edge.bucket, 'apps/');
    const manifests = await readManifests(edge.bucket, objects.keys());
    const faults = [
      ...judgeRecords(await readRecords(edge.persist)),
      ...judgeObjects(objects, await allDeployments(client, ledger), manifests),
      ...(await judgeRunners(client, runners)),
    ];
    if (faults.length === 0 || performance.now() > deadline) return faults;
    await pause(500);
  }
}

async function judgeRunners(client: Client, runners: readonly RunnerProcess[]): Promise<string[]> {
  const all = await client.runners();
  const faults: string[] = [];
  for (const { id, name, leftovers } of runners) {
    const listed = all.find((runner) => runner.id === id);
    if (listed?.status !== 'online') faults.push(`the runner ${name} is ${listed?.status ?? 'unknown'}`);
    if (listed?.busy !== 0) {
      // Its files may still be in use.
      faults.push(`the runner ${name} has ${listed?.busy} builds according to its pool`);
      continue;
    }
    const { containers, folders } = await leftovers();
    if (containers.length > 0) faults.push(`the runner ${name} left the containers ${containers.join(', ')}`);
    if (folders.length > 0) faults.push(`the runner ${name} left the folders ${folders.join(', ')}`);
  }
  return faults;
}

/** Whether every requested deployment exists, and no other. */
function judgeAsked({ asked }: Ledger, deployments: readonly Deployment[]): string[] {
  const faults: string[] = [];
  for (const { id, app } of asked) {
    if (id !== null && !deployments.some((deployment) => deployment.id === id))
      faults.push(`${app} ${id} was accepted, but does not exist`);
  }
  const requested = new Set(asked.map(({ id }) => id));
  for (const slug of new Set(deployments.map(({ app }) => app.slug))) {
    const extra = deployments.filter(({ app, id }) => app.slug === slug && !requested.has(id)).length;
    const unanswered = asked.filter(({ app, id }) => app === slug && id === null).length;
    if (extra > unanswered) faults.push(`${slug} has ${extra} deployments without a request`);
  }
  return faults;
}

/** What a deployment was to build. If no request was answered with its id, all builds that it may be. */
function worksOf({ id, app }: Deployment, { asked }: Ledger): Asked['work'][] {
  const exact = asked.filter((one) => one.id === id);
  const possible = exact.length > 0 ? exact : asked.filter((one) => one.id === null && one.app === app.slug);
  return possible.map(({ work }) => work);
}

/** Every deployment of the run's apps, from the API's lists and then one by one. */
export async function allDeployments(client: Client, { asked }: Ledger): Promise<Deployment[]> {
  const all: Deployment[] = [];
  for (const slug of new Set(asked.map(({ app }) => app))) {
    for await (const { id } of eachItem((query) => client.api.deployments.listOf(slug, query))) {
      all.push(await client.deployment(id));
    }
  }
  return all;
}

/** The log as it is downloaded. */
async function wholeLog(client: Client, id: string): Promise<LogLine[]> {
  const answer = await client.fetch('GET', `/api/deployments/${id}/logs.ndjson`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`The log of ${id} was answered ${answer.status}: ${text}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => LogLine.parse(JSON.parse(line)));
}

/** Whether polling page by page gives the same log as the download. */
async function judgePages(client: Client, id: string, whole: readonly LogLine[]): Promise<string[]> {
  let seen = 0;
  for (;;) {
    const { items, lastSeq, ended } = await client.logs(id, seen);
    if (!ended) return ['has a log that is reported as not ended'];
    if (lastSeq !== whole.length) return [`has ${whole.length} lines by download and ${lastSeq} by polling`];
    if (items.some((line, index) => line.text !== whole[seen + index]?.text))
      return ['has another log by polling than by download'];
    seen += items.length;
    if (items.length === 0) return seen === whole.length ? [] : [`has only ${seen} lines by polling`];
  }
}
