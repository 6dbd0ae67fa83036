/** Hosts that answer as they document; e2e/git-hosts/gitea.test.ts compares at a real Gitea. */
import { describe, expect, it } from 'vitest';
import { type Compared, type Comparison, comparedPaths } from './compared.ts';

const BASE = 'a'.repeat(40);
const HEAD = 'b'.repeat(40);
const LINEAR: Comparison = { base: BASE, head: HEAD, linear: true };

/** A host that answers GET requests by the ends of their paths. */
function host(answers: Record<string, unknown>): { network: typeof fetch; requests: Request[] } {
  const requests: Request[] = [];
  return {
    requests,
    network: async (input, init) => {
      const request = new Request(input, init);
      requests.push(request);
      const { pathname, search } = new URL(request.url);
      const found = Object.entries(answers).find(([end]) => `${pathname}${search}`.endsWith(end));
      return found === undefined
        ? Response.json({ message: 'not found' }, { status: 404 })
        : Response.json(found[1]);
    },
  };
}

const at = (change: Partial<Compared> & Pick<Compared, 'network'>): Compared => ({
  provider: 'gitea',
  repoUrl: 'https://git.example.com/git/Harbor/site.git',
  fullName: 'harbor/site',
  token: 'token-of-the-tests',
  ...change,
});

const commits = (...files: string[][]) => ({
  total_commits: files.length,
  commits: files.map((names) => ({ files: names.map((filename) => ({ filename })) })),
});

describe('a comparison at Gitea', () => {
  const back = `/compare/${HEAD}...${BASE}`;
  const forth = `/compare/${BASE}...${HEAD}`;

  it('gives the paths of the new commits', async () => {
    const { network, requests } = host({ [back]: commits(), [forth]: commits(['a', 'b'], ['b']) });
    expect(await comparedPaths(at({ network }), LINEAR)).toEqual({ known: true, paths: ['a', 'b'] });
    expect(requests[0]?.url).toBe(`https://git.example.com/git/api/v1/repos/harbor/site${back}`);
    expect(requests[0]?.headers.get('Authorization')).toBe('token token-of-the-tests');
  });

  it('is unknown when commits were dropped, unless the base is another branch', async () => {
    const { network } = host({ [back]: commits(['dropped']), [forth]: commits(['a']) });
    expect(await comparedPaths(at({ network }), LINEAR)).toMatchObject({ known: false });
    const branch = { ...LINEAR, linear: false };
    expect(await comparedPaths(at({ network }), branch)).toEqual({ known: true, paths: ['a'] });
  });

  it('is unknown when commits or files are left out', async () => {
    for (const cut of [
      { ...commits(['a']), total_commits: 2 },
      { total_commits: 1, commits: [{}] },
    ]) {
      const { network } = host({ [back]: commits(), [forth]: cut });
      expect(await comparedPaths(at({ network }), LINEAR)).toMatchObject({ known: false });
    }
  });
});

describe('a comparison at GitLab', () => {
  const gitlab = (network: typeof fetch, token: string | null = 'token-of-the-tests') =>
    at({
      provider: 'gitlab',
      repoUrl: 'https://gitlab.example.com/group/sub/site',
      fullName: 'group/sub/site',
      network,
      token,
    });
  const common = `/merge_base?refs[]=${BASE}&refs[]=${HEAD}`;
  const compare = `/compare?from=${BASE}&to=${HEAD}`;
  const diffs = [{ old_path: 'a', new_path: 'b' }];

  it('gives the paths, and both names of a file that was renamed', async () => {
    const { network, requests } = host({ [common]: { id: BASE }, [compare]: { diffs } });
    expect(await comparedPaths(gitlab(network), LINEAR)).toEqual({ known: true, paths: ['b', 'a'] });
    expect(requests[0]?.url).toContain('/api/v4/projects/group%2Fsub%2Fsite/repository/merge_base');
  });

  it('is unknown when commits were dropped, or files are left out', async () => {
    const dropped = host({ [common]: { id: 'c'.repeat(40) }, [compare]: { diffs } });
    expect(await comparedPaths(gitlab(dropped.network), LINEAR)).toMatchObject({ known: false });
    for (const cut of [
      { diffs, compare_timeout: true },
      { diffs: Array.from({ length: 1000 }, (_, index) => ({ old_path: `${index}`, new_path: `${index}` })) },
    ]) {
      const { network } = host({ [common]: { id: BASE }, [compare]: cut });
      expect(await comparedPaths(gitlab(network), LINEAR)).toMatchObject({ known: false });
    }
  });

  it('asks without a token where there is none', async () => {
    const { network, requests } = host({ [common]: { id: BASE }, [compare]: { diffs } });
    await comparedPaths(gitlab(network, null), LINEAR);
    expect(requests.map(({ headers }) => headers.get('Authorization'))).toEqual([null, null]);
  });
});

describe('what can’t be compared', () => {
  it('is not known: no host, no answer, no permission, another form', async () => {
    for (const network of [
      host({}).network,
      host({ [`...${BASE}`]: { total_commits: 'many' } }).network,
      () => Promise.reject(new TypeError('private address')),
      async () => new Response('<html>'),
    ])
      expect(await comparedPaths(at({ network }), LINEAR)).toBeNull();
  });

  it('sends no token to another repository than the app’s', async () => {
    const { network, requests } = host({});
    const asked = at({ network, fullName: 'evil/site' });
    expect(await comparedPaths(asked, LINEAR)).toBeNull();
    expect(requests).toEqual([]);
  });

  it('Bitbucket lists no paths', async () => {
    const { network } = host({});
    expect(await comparedPaths(at({ network, provider: 'bitbucket' }), LINEAR)).toBeNull();
  });
});
