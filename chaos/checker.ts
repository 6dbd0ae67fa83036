/**
 * Looks at an instance after a run and says what is wrong. It knows what was asked and what was answered, but
 * nothing of the faults that were put in the way: none of them is an excuse.
 */
import { type Deployment, Deployment as DeploymentSchema, LogLine, pageOf } from '@appflux/protocol';
import { type Client, pause } from '../e2e/instance/client.ts';
import type { EdgeInstance } from '../e2e/instance/edge.ts';
import type { RunnerProcess } from '../e2e/instance/runner.ts';
import { judgeEnding, judgeHistory } from './check/ending.ts';
import { judgeFollowed, judgeLog } from './check/log.ts';
import { judgeRecords, readRecords } from './check/records.ts';
import { judgeArtifact, judgeObjects, listObjects } from './check/storage.ts';
import type { Asked, Ledger } from './ledger.ts';

export interface Evidence {
  readonly edge: EdgeInstance;
  readonly client: Client;
  readonly runners: readonly RunnerProcess[];
  readonly ledger: Ledger;
  /** Slugs of apps whose newer deployments take the place of waiting ones. */
  readonly superseding: ReadonlySet<string>;
}

/** What is still being cleared away gets this long, in milliseconds. */
const SETTLE_MS = 60_000;

/** Checks everything; gives the faults, one sentence each, and how the deployments ended. */
export async function check(evidence: Evidence): Promise<{ faults: string[]; deployments: Deployment[] }> {
  const { client, ledger } = evidence;
  const unsettled = await settled(evidence);
  const deployments = await allDeployments(client, ledger);
  const faults = [...ledger.oddities, ...unsettled, ...judgeAsked(ledger, deployments)];
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
    (await judgePages(client, id, lines)).forEach(say);
    for (const followed of ledger.followed.filter((one) => one.id === id))
      judgeFollowed(followed, lines, deployment.status).forEach(say);
    for (const artifact of deployment.artifacts) (await judgeArtifact(artifact, log.digest)).forEach(say);
  }
  return { faults, deployments };
}

/** What does not come to rest: records, storage, runners. */
async function settled({ edge, client, runners, ledger }: Evidence): Promise<string[]> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const faults = [
      ...judgeRecords(await readRecords(edge.persist)),
      ...judgeObjects(await listObjects(edge.bucket, 'apps/'), await allDeployments(client, ledger)),
      ...(await judgeRunners(client, runners)),
    ];
    if (faults.length === 0 || performance.now() > deadline) return faults;
    await pause(500);
  }
}

async function judgeRunners(client: Client, runners: readonly RunnerProcess[]): Promise<string[]> {
  const known = await client.runners();
  const faults: string[] = [];
  for (const { id, name, leftovers } of runners) {
    const told = known.find((runner) => runner.id === id);
    if (told?.status !== 'online') faults.push(`the runner ${name} is ${told?.status ?? 'unknown'}`);
    if (told?.busy !== 0) {
      // What lies there may still be in use.
      faults.push(`the runner ${name} is believed to have ${told?.busy} builds`);
      continue;
    }
    const { containers, folders } = await leftovers();
    if (containers.length > 0) faults.push(`the runner ${name} left the containers ${containers.join(', ')}`);
    if (folders.length > 0) faults.push(`the runner ${name} left the folders ${folders.join(', ')}`);
  }
  return faults;
}

/** Everything that was asked for is there, and not more than that. */
function judgeAsked({ asked }: Ledger, deployments: readonly Deployment[]): string[] {
  const faults: string[] = [];
  for (const { id, app } of asked) {
    if (id !== null && !deployments.some((deployment) => deployment.id === id))
      faults.push(`${app} ${id} was promised, and is not there`);
  }
  const known = new Set(asked.map(({ id }) => id));
  for (const slug of new Set(deployments.map(({ app }) => app.slug))) {
    const extra = deployments.filter(({ app, id }) => app.slug === slug && !known.has(id)).length;
    const unheard = asked.filter(({ app, id }) => app === slug && id === null).length;
    if (extra > unheard) faults.push(`${slug} has ${extra} deployments that nobody asked for`);
  }
  return faults;
}

/** What a deployment was to build. Where nobody heard the answer to its asking, all that it may have been. */
function worksOf({ id, app }: Deployment, { asked }: Ledger): Asked['work'][] {
  const known = asked.filter((one) => one.id === id);
  const possible = known.length > 0 ? known : asked.filter((one) => one.id === null && one.app === app.slug);
  return possible.map(({ work }) => work);
}

const Page = pageOf(DeploymentSchema);

/** Every deployment of the apps that deployments were asked of, as the API lists and then tells them. */
export async function allDeployments(client: Client, { asked }: Ledger): Promise<Deployment[]> {
  const all: Deployment[] = [];
  for (const slug of new Set(asked.map(({ app }) => app))) {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = `limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      const page: { items: Deployment[]; nextCursor: string | null } = await client.call(
        Page,
        'GET',
        `/api/apps/${slug}/deployments?${query}`,
      );
      for (const { id } of page.items) all.push(await client.deployment(id));
      cursor = page.nextCursor;
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
    if (!ended) return ['has a log that is told not to have ended'];
    if (lastSeq !== whole.length) return [`has ${whole.length} lines by download and ${lastSeq} by polling`];
    if (items.some((line, index) => line.text !== whole[seen + index]?.text))
      return ['has another log by polling than by download'];
    seen += items.length;
    if (items.length === 0) return seen === whole.length ? [] : [`has only ${seen} lines by polling`];
  }
}
