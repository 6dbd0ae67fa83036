/** `appflux logout` */
import { createApi } from '../api.ts';
import type { CommandSpec } from '../command.ts';
import { readConfig, withoutInstance, writeConfig } from '../config/config.ts';
import { instanceUrl } from '../config/instance-url.ts';
import { explain } from '../errors/explain.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';

export const logout: CommandSpec = {
  name: 'logout',
  summary: 'Sign out of an instance, and revoke the token of "appflux login"',
  define: (command, context) =>
    command
      .argument('[url]', 'the instance; by default the one signed in to last')
      .action(async (typed: string | undefined) => {
        const { output, configPath } = context;
        const config = await readConfig(configPath);
        const url = typed === undefined ? config.current : instanceUrl(typed);
        const signedIn = url === null ? undefined : config.instances[url];
        if (url === null || signedIn === undefined) {
          throw new CliProblem(EXIT.denied, `You aren’t signed in${url === null ? '' : ` to ${url}`}.`);
        }
        context.url = url;
        await writeConfig(configPath, withoutInstance(config, url));
        output.note(`Signed out of ${url}.`);
        if (signedIn.tokenId === undefined) return;
        try {
          await createApi(url, signedIn.token).tokens.delete(signedIn.tokenId);
        } catch (error) {
          // This machine has forgotten the token either way, and it expires by itself.
          output.note(`The token couldn’t be revoked: ${explain(error, url).message}`);
          output.note('Revoke it in the dashboard under Settings, API tokens.');
        }
      }),
};
