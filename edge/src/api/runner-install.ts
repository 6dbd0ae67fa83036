/** What makes another machine a runner: a script with its checksum. */
import { RunnerInstaller } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import { bearer, json, needs, refusals, router } from '../http/router.ts';
import { installerOf, SCRIPT_PATH } from '../runner-install/installer.ts';

export const runnerInstall = router();

runnerInstall.openapi(
  createRoute({
    method: 'get',
    path: '/api/runners/installer',
    summary: 'Get the script that makes a machine a runner, with its checksum',
    tags: ['runners'],
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    responses: { 200: json(RunnerInstaller, 'The installer'), ...refusals },
  }),
  async (c) => c.json((await installerOf(c.env)).info, 200),
);

// The script holds no secret: the registration token is piped into it.
runnerInstall.get(SCRIPT_PATH, async (c) => {
  const { script } = await installerOf(c.env);
  return c.body(script, 200, {
    'Content-Type': 'text/x-shellscript; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-cache',
  });
});
