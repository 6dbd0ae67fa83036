/** Tools that change something. The server has them only if its person allows it. */
import { BranchName, CommitHash, Environment, SettableVariableName, VariableInput } from '@appflux/protocol';
import { z } from 'zod';
import { app, deployment } from './read-tools.ts';
import { asJson, deploymentSummary } from './text.ts';
import { defined, type Tool, tool, writes } from './tool.ts';

export const WRITE_TOOLS: readonly Tool[] = [
  tool({
    name: 'deploy',
    title: 'Deploy an app',
    description:
      'Builds and deploys an app from its repository: a branch, or a commit. A production deployment goes live when it succeeds. Follow it with get_deployment and get_logs.',
    input: z.strictObject({
      app,
      branch: BranchName.optional().describe('The branch; without it that of the app'),
      commit: CommitHash.optional().describe('The commit; without it the newest'),
      environment: Environment.default('preview').describe('production goes live, preview does not'),
      clearCache: z.boolean().optional().describe('Builds without the cache'),
    }),
    annotations: writes({ idempotent: false }),
    run: async (client, { app: slug, environment, ...source }, signal) =>
      asJson(
        deploymentSummary(
          await client.deployments.create(slug, { ...defined(source), environment }, { signal }),
        ),
      ),
  }),
  tool({
    name: 'cancel_deployment',
    title: 'Cancel a deployment',
    description: 'Cancels a deployment that has not ended.',
    input: z.strictObject({ id: deployment }),
    annotations: writes({ idempotent: true }),
    run: async (client, { id }, signal) =>
      asJson(deploymentSummary(await client.deployments.cancel(id, { signal }))),
  }),
  tool({
    name: 'redeploy',
    title: 'Redeploy',
    description:
      'Builds the source of a deployment again, with the app’s present settings. Of a production deployment, the result goes live.',
    input: z.strictObject({
      id: deployment,
      clearCache: z.boolean().optional().describe('Builds without the cache'),
      latest: z.boolean().optional().describe('The newest commit of the branch instead of the same one'),
    }),
    annotations: writes({ idempotent: false }),
    run: async (client, { id, ...how }, signal) =>
      asJson(deploymentSummary(await client.deployments.redeploy(id, defined(how), { signal }))),
  }),
  tool({
    name: 'promote',
    title: 'Promote to production',
    description:
      'Makes what a deployment built the release, without building again. If production has other variables than it was built with, that is refused unless force is true.',
    input: z.strictObject({
      id: deployment,
      force: z.boolean().optional().describe('Promotes although variables differ'),
    }),
    annotations: writes({ idempotent: true }),
    run: async (client, { id, ...how }, signal) =>
      asJson(deploymentSummary(await client.deployments.promote(id, defined(how), { signal }))),
  }),
  tool({
    name: 'roll_back',
    title: 'Roll back',
    description: 'Points an app’s public URL at an earlier successful deployment, without building again.',
    input: z.strictObject({ app, id: deployment.describe('The deployment that becomes the release') }),
    annotations: writes({ idempotent: true }),
    run: async (client, { app: slug, id }, signal) => {
      const { release, previousRelease, urls } = await client.apps.release(slug, id, { signal });
      return asJson({ app: slug, release, previousRelease, urls });
    },
  }),
  tool({
    name: 'set_variable',
    title: 'Set a variable',
    description:
      'Sets a variable of an app, for its next deployments. A value can’t be read back: the earlier one is lost.',
    input: z.strictObject({ app, name: SettableVariableName, ...VariableInput.shape }),
    annotations: writes({ idempotent: true }),
    run: async (client, { app: slug, name, value, ...rest }, signal) => {
      await client.apps.setVariable(slug, name, { value, ...defined(rest) }, { signal });
      return `Set ${name} of ${slug}. Deployments that begin from now on get it.`;
    },
  }),
];
