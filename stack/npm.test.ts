import { expect, test } from 'vitest';
import { environmentOfOwn } from './npm.ts';

test('a separate npm run keeps npm’s configuration and drops the outer run’s variables', () => {
  expect(
    environmentOfOwn({
      PATH: '/usr/bin',
      npm_config_registry: 'https://mirror.example.com/',
      npm_config_cafile: '/etc/ssl/ours.pem',
      npm_config_local_prefix: '/checkout',
      npm_package_json: '/checkout/package.json',
      npm_lifecycle_event: 'start',
      npm_command: 'run-script',
      npm_node_execpath: '/usr/bin/node',
      INIT_CWD: '/checkout/stack',
    }),
  ).toEqual({
    PATH: '/usr/bin',
    npm_config_registry: 'https://mirror.example.com/',
    npm_config_cafile: '/etc/ssl/ours.pem',
  });
});
