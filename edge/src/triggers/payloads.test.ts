/** All payloads of @octokit/webhooks-examples, through the real route. */
import { env } from 'cloudflare:workers';
import examples from '@octokit/webhooks-examples' with { type: 'json' };
import { beforeAll, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { forgetAll, signIn } from '../testing/worker.ts';
import { appOf, listed, send } from './testing/deliver.ts';

/** The repository of the examples, and its production branch. */
const SOURCE = {
  provider: 'github',
  repoUrl: 'https://github.com/Codertocat/Hello-World',
  branch: 'master',
  rootDirectory: './',
  depth: 1,
} as const;

beforeAll(async () => {
  await forgetAll();
  await signIn();
});

test('are never a server error, and do what they say', async () => {
  const owner = await metadataOf(env).users.owner();
  const app = await appOf({
    ownerId: owner?.id ?? '',
    source: SOURCE,
    repoKey: 'github.com/codertocat/hello-world',
  });
  const counts: Record<string, number> = {};
  const answers: Record<string, string[]> = {};
  for (const { name, examples: payloads } of examples as { name: string; examples: unknown[] }[]) {
    for (const payload of payloads) {
      const response = await send({ event: name, payload });
      const answer = (await response.json()) as { ignored?: string; deployments?: string[] };
      const key = `${response.status} ${answer.ignored === undefined ? 'deployments' : 'ignored'}`;
      counts[key] = (counts[key] ?? 0) + 1;
      answers[name] = [...(answers[name] ?? []), answer.ignored ?? 'deploys'];
    }
  }
  console.info(`${examples.length} events, by answer:`, counts);
  expect(counts).toEqual({ '202 ignored': 320, '202 deployments': 9 });
  expect(tally(answers.push)).toEqual({
    'Deleting a tag deploys nothing': 4,
    'Tags deploy nothing unless the app has a tag pattern': 1,
    deploys: 2,
  });
  expect(tally(answers.pull_request)).toEqual({
    'Pull request #2 was closed': 2,
    'This change of a pull request deploys nothing': 20,
    // 4 times opened, twice reopened, once synchronized.
    deploys: 7,
  });
  expect(answers.check_run?.filter((answer) => answer.startsWith('No app of this team'))).toHaveLength(2);
  expect(new Set(answers.star)).toEqual(new Set(['star events deploy nothing']));
  // The pull request was closed once, between its events: what was waiting for it then is canceled.
  await expect
    .poll(async () =>
      (await listed(app)).map(({ trigger, branch, environment, status }) =>
        [trigger, branch, environment, status].join(' '),
      ),
    )
    .toEqual([
      'pull_request changes preview canceled',
      'pull_request changes preview queued',
      'push master production queued',
    ]);
});

function tally(answers: readonly string[] = []): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}
