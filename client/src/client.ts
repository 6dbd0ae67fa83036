/** The HTTP API as typed methods. */
import { type Call, Calls, type ClientOptions } from './http/calls.ts';
import { deployHooks, tokens } from './resources/access.ts';
import { apps } from './resources/apps.ts';
import { deployments } from './resources/deployments.ts';
import { device } from './resources/device.ts';
import { domains } from './resources/domains.ts';
import { github } from './resources/github.ts';
import { hooks } from './resources/hooks.ts';
import { instance, operator } from './resources/instance.ts';
import { logs } from './resources/logs.ts';
import { looks } from './resources/looks.ts';
import { runners } from './resources/runners.ts';
import { runtime } from './resources/runtime.ts';
import { sites } from './resources/sites.ts';
import { sourceCredential } from './resources/source-credential.ts';
import { state } from './resources/state.ts';
import { invitations, team } from './resources/team.ts';
import { uploads } from './resources/uploads.ts';
import { webhooks } from './resources/webhooks.ts';

/**
 * A client of an instance, in a browser, Node or a Worker. Its methods resolve to parsed responses. They throw
 * RefusedError, UnreachableError or UnexpectedResponseError (all AppFluxErrors), or the reason of an aborted signal.
 */
export function createClient(options: ClientOptions) {
  const calls = new Calls(options);
  return {
    apps: apps(calls),
    deployments: deployments(calls),
    sourceCredential: sourceCredential(calls),
    sites: sites(calls),
    state: state(calls),
    domains: domains(calls),
    logs: logs(calls),
    runtime: runtime(calls),
    uploads: uploads(calls),
    looks: looks(calls),
    runners: runners(calls),
    tokens: tokens(calls),
    device: device(calls),
    deployHooks: deployHooks(calls),
    github: github(calls),
    hooks: hooks(calls),
    webhooks: webhooks(calls),
    team: team(calls),
    invitations: invitations(calls),
    instance: instance(calls),
    operator: operator(calls),
    /** Any call, with the token and team of this client. Gives the response as it is, refused or not. */
    send: (method: string, path: string, call: Call = {}): Promise<Response> =>
      calls.send(method, path, call),
  };
}

export type Client = ReturnType<typeof createClient>;

/** Some methods of a client: `ClientPart<{ apps: 'get' | 'list' }>`. */
export type ClientPart<Used extends { [Resource in keyof Client]?: keyof Client[Resource] }> = {
  [Resource in keyof Used & keyof Client]: Pick<Client[Resource], Used[Resource] & keyof Client[Resource]>;
};
