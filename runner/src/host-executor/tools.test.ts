import { describe, expect, test } from 'vitest';
import { inherited } from './environment.ts';
import { nodeNote, toolVersions } from './tools.ts';

describe('the Node of a host', () => {
  test('that will do is not worth a word', () => {
    expect(nodeNote(null, '24.1.0')).toBeNull();
    expect(nodeNote('>=20', '24.1.0')).toBeNull();
    expect(nodeNote('20', undefined)).toBeNull();
  });

  test('that is another than the one that is asked for is named', () => {
    const note = (asked: string) =>
      `The project requests Node ${asked}. Using 24.1.0, which is installed on this host.`;
    for (const asked of ['20', '26', 'something']) expect(nodeNote(asked, '24.1.0')).toBe(note(asked));
  });
});

test('the tools of a host are those on the PATH that a build gets', async () => {
  const signal = new AbortController().signal;
  const path = `${process.execPath.replace(/\/[^/]+$/, '')}:/usr/bin:/bin`;
  expect(await toolVersions({ PATH: path }, signal)).toMatchObject({ node: process.versions.node });
  expect(await toolVersions({ PATH: '/nowhere' }, signal)).toEqual({});
});

test('a build gets of the runner’s environment what says where things are, and nothing else', () => {
  const environment = {
    PATH: '/usr/bin',
    DEVELOPER_DIR: '/Applications/Xcode.app',
    HOME: '/Users/me',
    HTTPS_PROXY: 'http://me:password@proxy',
    NPM_TOKEN: 'token',
    SSH_AUTH_SOCK: '/tmp/agent',
    APPFLUX_RUNNER_TOKEN: 'token',
  };
  expect(inherited(environment)).toEqual({ PATH: '/usr/bin', DEVELOPER_DIR: '/Applications/Xcode.app' });
});
