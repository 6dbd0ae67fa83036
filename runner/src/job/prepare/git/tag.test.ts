import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareSource } from '../index.ts';
import { SOURCE_LIMITS } from '../limits.ts';
import type { GitServer } from '../testing/git-server.ts';
import { gitSource, gitSurroundings } from '../testing/git-surroundings.ts';
import { BareRepository } from '../testing/repository.ts';
import type { TestSurroundings } from '../testing/surroundings.ts';
import { annotatedTags, messageOf } from './tag.ts';

describe('the tag of a commit', () => {
  let around: TestSurroundings;
  let server: GitServer;
  let repo: BareRepository;
  let commit: string;

  beforeEach(async () => {
    const surroundings = await gitSurroundings();
    ({ around, server } = surroundings);
    repo = new BareRepository(surroundings.repos, 'app.git');
    commit = repo.commit({ 'index.html': '<h1>Hi</h1>' });
  });
  afterEach(async () => {
    await server.close();
    await around.remove();
  });

  const prepare = (wantsTag = true, change: Parameters<typeof gitSource>[1] = {}) =>
    prepareSource(
      gitSource(server, change),
      around.workspace,
      { allowPrivateSources: true, limits: { ...SOURCE_LIMITS, retryMs: [0] }, wantsTag },
      around.ctx,
    );
  const tag = (name: string, message: string, target = commit) =>
    repo.git(['tag', '--annotate', '--cleanup=verbatim', '--message', message, name, target]);

  it('gives its message, if it is annotated', async () => {
    tag('v1.2.0', 'Moon\n\n- **New** maps');
    expect((await prepare()).tagMessage).toBe('Moon\n\n- **New** maps');
  });

  it('is the newest by its version, or the one that was built', async () => {
    tag('v1.9.0', 'nine');
    tag('v1.10.0', 'ten');
    expect((await prepare()).tagMessage).toBe('ten');
  });

  it('that is built by its name gives its own message', async () => {
    tag('v1.9.0', 'nine');
    tag('v1.10.0', 'ten');
    expect((await prepare(true, { branch: 'v1.9.0' })).tagMessage).toBe('nine');
  });

  it('is none of another commit, none that is light, and none where nobody wants it', async () => {
    repo.git(['tag', 'light', commit]);
    const next = repo.commit({ 'index.html': '<h1>Next</h1>' });
    tag('v1', 'first');
    expect((await prepare()).commitHash).toBe(next);
    expect((await prepare()).tagMessage).toBeNull();
    tag('v2', 'second', next);
    expect((await prepare(false)).tagMessage).toBeNull();
  });
});

describe('a list of tags', () => {
  const id = 'a'.repeat(40);

  it('names the annotated ones of a commit only', () => {
    const listing = [
      `${id}\trefs/tags/light`,
      `${'b'.repeat(40)}\trefs/tags/v2`,
      `${id}\trefs/tags/v2^{}`,
      `${'c'.repeat(40)}\trefs/tags/v3^{}`,
      `${id}\trefs/heads/v4^{}`,
      'nonsense',
    ].join('\n');
    expect(annotatedTags(listing, id)).toEqual(['v2']);
  });
});

describe('a tag object', () => {
  it('has its message without header, signature and control characters', () => {
    const object =
      'object x\ntype commit\ntag v1\ntagger T <t@e.example> 0 +0000\n\nMoon\u001b[31m\n\n- a\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n';
    expect(messageOf(object)).toBe('Moon[31m\n\n- a');
    expect(messageOf('object x\n\n-----BEGIN SSH SIGNATURE-----\nabc\n')).toBeNull();
  });
});
