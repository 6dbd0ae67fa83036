/** Git hosts that answer as they document, in memory: statuses and comments, and faults on demand. */

export interface DoubleComment {
  id: number;
  author: string;
  body: string;
}

/** A request as the double got it. */
export interface Received {
  method: string;
  path: string;
  authorization: string | null;
  body: Record<string, unknown>;
}

/** What happens to a request: an answer instead, or `lost`: it is carried out, and its answer doesn't arrive. */
export type Fault = 'lost' | (() => Response);

export interface HostDouble {
  readonly network: typeof fetch;
  readonly received: Received[];
  readonly comments: DoubleComment[];
  readonly statuses: Record<string, unknown>[];
  /** Meets the next request whose method and path contain `match`, such as `POST /comments`. */
  fail(match: string, fault: Fault): void;
}

/** What is particular to a host. */
export interface Dialect {
  /** The host's id of the account of the token. */
  readonly account: string;
  /** The answer to `GET /user`. */
  readonly user: unknown;
  comment(comment: DoubleComment): unknown;
  /** The text in the body of a request that writes a comment. */
  text(body: Record<string, unknown>): string;
  /** The answer to a list of comments. */
  list(comments: readonly unknown[], url: URL): unknown;
  /** Accepts a status, or answers why not. */
  status(statuses: Record<string, unknown>[], body: Record<string, unknown>): Response;
  readonly commentsPath: RegExp;
  readonly commentPath: RegExp;
}

const json = (body: unknown, status = 200) => Response.json(body, { status });

/** A host of this dialect, with one pull request. */
export function hostDouble(dialect: Dialect): HostDouble {
  const received: Received[] = [];
  const comments: DoubleComment[] = [];
  const statuses: Record<string, unknown>[] = [];
  const faults: { match: string; fault: Fault }[] = [];
  let lastId = 100;

  function answer({ method, path, body }: Received, url: URL): Response {
    if (method === 'GET' && path.endsWith('/user')) return json(dialect.user);
    if (method === 'GET' && /statuses/.test(path)) {
      return json(statuses.map((status, index) => ({ id: index + 1, status: status.state, ...status })));
    }
    if (method === 'POST' && /statuses/.test(path)) return dialect.status(statuses, body);
    if (dialect.commentsPath.test(path)) {
      if (method === 'GET') return json(dialect.list(comments.map(dialect.comment), url));
      lastId += 1;
      const made = { id: lastId, author: dialect.account, body: dialect.text(body) };
      comments.push(made);
      return json(dialect.comment(made), 201);
    }
    const id = dialect.commentPath.exec(path)?.[1];
    const found = comments.find((one) => String(one.id) === id);
    if (found === undefined) return json({ message: '404 Not found' }, 404);
    if (found.author !== dialect.account) return json({ message: '403 Forbidden' }, 403);
    found.body = dialect.text(body);
    return json(dialect.comment(found));
  }

  return {
    received,
    comments,
    statuses,
    fail: (match, fault) => faults.push({ match, fault }),
    network: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      const text = await request.text();
      const one: Received = {
        method: request.method,
        path: url.pathname,
        authorization: request.headers.get('Authorization'),
        body: text === '' ? {} : JSON.parse(text),
      };
      received.push(one);
      const index = faults.findIndex(({ match }) => {
        const [method = '', part = ''] = match.split(' ');
        return one.method === method && one.path.includes(part);
      });
      const fault = index === -1 ? undefined : faults.splice(index, 1)[0]?.fault;
      if (typeof fault === 'function') return fault();
      const answered = answer(one, url);
      if (fault === 'lost') throw new TypeError('connection reset');
      return answered;
    },
  };
}

const page = (comments: readonly unknown[], number: number, size: number) =>
  comments.slice((number - 1) * size, number * size);

export const GITEA: Dialect = {
  account: '1',
  user: { id: 1, login: 'owner' },
  comment: ({ id, author, body }) => ({ id, body, user: { id: Number(author) } }),
  text: ({ body }) => String(body),
  list: (comments) => comments,
  status: (statuses, body) => {
    statuses.push(body);
    return json({ id: statuses.length, ...body }, 201);
  },
  commentsPath: /^\/api\/v1\/repos\/harbor\/site\/issues\/7\/comments$/,
  commentPath: /^\/api\/v1\/repos\/harbor\/site\/issues\/comments\/(\d+)$/,
};

export const GITLAB: Dialect = {
  account: '5',
  user: { id: 5, username: 'bot' },
  comment: ({ id, author, body }) => ({ id, body, author: { id: Number(author) }, system: false }),
  text: ({ body }) => String(body),
  list: (comments, url) =>
    page(comments, Number(url.searchParams.get('page')), Number(url.searchParams.get('per_page'))),
  status: (statuses, body) => {
    // A status that has this state already is refused.
    const state = statuses.findLast(({ name }) => name === body.name)?.state;
    if (state === body.state) {
      return json({ message: `Cannot transition status via :enqueue from :${String(state)}` }, 400);
    }
    statuses.push(body);
    return json({ id: statuses.length, name: body.name, status: body.state }, 201);
  },
  commentsPath: /^\/api\/v4\/projects\/harbor%2Fweb%2Fsite\/merge_requests\/7\/notes$/,
  commentPath: /^\/api\/v4\/projects\/harbor%2Fweb%2Fsite\/merge_requests\/7\/notes\/(\d+)$/,
};

export const BITBUCKET: Dialect = {
  account: '{18aa}',
  user: { uuid: '{18aa}' },
  comment: ({ id, author, body }) => ({ id, deleted: false, content: { raw: body }, user: { uuid: author } }),
  text: ({ content }) => String((content as { raw: unknown }).raw),
  list: (comments, url) => {
    const number = Number(url.searchParams.get('page') ?? 1);
    const next = new URL(url);
    next.searchParams.set('page', String(number + 1));
    return {
      values: page(comments, number, 100),
      ...(comments.length > number * 100 ? { next: next.href } : {}),
    };
  },
  status: (statuses, body) => {
    const index = statuses.findIndex(({ key }) => key === body.key);
    if (index === -1) statuses.push(body);
    else statuses[index] = body;
    return json(body, 201);
  },
  commentsPath: /^\/2\.0\/repositories\/harbor\/site\/pullrequests\/7\/comments$/,
  commentPath: /^\/2\.0\/repositories\/harbor\/site\/pullrequests\/7\/comments\/(\d+)$/,
};
