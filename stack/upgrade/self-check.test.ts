import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { signIn } from './self-check.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** An instance whose newest link is the only one that works, and where others create so many links in between. */
async function instanceWith(otherLinks: number) {
  let newest = 0;
  let others = otherLinks;
  const server = createServer(async (request, response) => {
    if (request.url === '/auth/v1/verify') {
      if (others > 0) newest += 1;
      others -= 1;
      const isNewest = JSON.parse(await text(request)).token_hash === String(newest);
      response.writeHead(isNewest ? 200 : 403).end('{"access_token":"session"}');
    } else response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  const client = {
    instance: { config: async () => ({ auth: { issuer: 'embedded' } }) },
    operator: {
      createSignInLink: async () => {
        newest += 1;
        return { url: `http://localhost/sign-in#token_hash=${newest}` };
      },
    },
  } as unknown as Parameters<typeof signIn>[0]['client'];
  return { url: `http://127.0.0.1:${address.port}`, client };
}

test('a link that the starting instance ended by one of its own is created again', async () => {
  await expect(signIn(await instanceWith(1))).resolves.toBeUndefined();
});

test('an instance whose links never work is reported', async () => {
  await expect(signIn(await instanceWith(100))).rejects.toThrow('the link was answered with 403');
});
