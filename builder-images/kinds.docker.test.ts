/** The properties of every builder image, whatever it builds: builder-images/README.md, "What the runner relies on". */
import { JEKYLL_GEMS } from '@appflux/detection';
import { beforeAll, describe, expect, test } from 'vitest';
import { ensureImages, runIn } from '../e2e/kinds/container.ts';
import { connectEngine } from '../runner/src/sandbox/engine.ts';

const KINDS = [
  { kind: 'android', tools: ['java', 'gradle', 'android-platform', 'apksigner'], hosts: 0 },
  { kind: 'flutter', tools: ['flutter', 'dart', 'gtk'], hosts: 0 },
  {
    kind: 'sites',
    tools: ['hugo', 'jekyll', 'mkdocs', 'mkdocs-material', 'python', 'ruby', 'pip'],
    hosts: 1,
  },
  { kind: 'desktop', tools: ['node', 'npm', 'bun', 'rust', 'cargo', 'webkit2gtk', 'nsis', 'dpkg'], hosts: 3 },
];

beforeAll(() => ensureImages(...KINDS.map(({ kind }) => kind)));

describe.each(KINDS)('the $kind builder image', ({ kind, tools, hosts }) => {
  const image = `appflux/${kind}-builder`;
  const asBuilder = async (script: string) => (await runIn({ image, script, user: 'builder' })).output;

  test('runs as a user who can write to the workspace and home only', async () => {
    const { Config } = await connectEngine().getImage(image).inspect();
    expect(Config).toMatchObject({ User: 'builder', WorkingDir: '/workspace', Cmd: ['appflux-build'] });
    expect(Config.Labels['org.opencontainers.image.title']).toMatch(/^AppFlux /);
    const output = await asBuilder(
      'id -u; echo "$HOME"; touch /workspace/a ~/a && echo may; touch /usr/local/bin/a /etc/a 2>/dev/null || echo may not',
    );
    expect(output).toBe('10001\n/home/builder\nmay\nmay not\n');
  });

  test('lists its versions, and the hosts that it installs from', async () => {
    const versions = await asBuilder('cat /etc/appflux/versions');
    for (const line of versions.trim().split('\n')) expect(line).toMatch(/^[a-z0-9+-]+=\S+$/);
    for (const tool of tools) expect(versions).toMatch(new RegExp(`^${tool}=\\d`, 'm'));
    const egress = (await asBuilder('cat /etc/appflux/egress')).trim();
    const named = egress === '' ? [] : egress.split('\n');
    expect(named.length).toBeGreaterThanOrEqual(hosts);
    for (const host of named) expect(host).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
  });

  test('runs the commands of a plan, and trusts the host’s authorities', async () => {
    const output = await asBuilder(
      "APPFLUX_MARK=word APPFLUX_INSTALL_COMMAND='echo installed' APPFLUX_BUILD_COMMAND='exit 3' appflux-build || echo $?",
    );
    expect(output).toBe(
      'word begin install\ninstalled\nword end install 0\nword begin build\nword end build 3\n3\n',
    );
    const added = await asBuilder(
      'for file in $(find /usr/local/share/ca-certificates -name "*.crt"); do openssl verify -CApath /etc/ssl/certs "$file"; done; echo all',
    );
    expect(added).toMatch(/all\n$/);
    expect(added).not.toMatch(/error/i);
  });
});

test('the sites image has the gems that detection accepts', async () => {
  const { output } = await runIn({
    image: 'appflux/sites-builder',
    script: `ruby -e 'puts Gem::Specification.map(&:name)'`,
    user: 'builder',
  });
  const installed = new Set(output.trim().split('\n'));
  expect([...JEKYLL_GEMS].filter((gem) => !installed.has(gem))).toEqual([]);
  const others = [...installed].filter((gem) => /^jekyll-/.test(gem) && !JEKYLL_GEMS.has(gem));
  expect(others).toEqual([]);
});

test('Java in the android image trusts the host’s authorities', async () => {
  const script = `added=$(find /usr/local/share/ca-certificates -name '*.crt' | wc -l)
    known=$(keytool -list -cacerts -storepass changeit 2>/dev/null | grep -c '^debian:host-' || true)
    echo "$added $known"`;
  const { output } = await runIn({ image: 'appflux/android-builder', script, user: 'builder' });
  const [added, known] = output.trim().split(' ');
  expect(known).toBe(added);
});
