import { expect, test } from 'vitest';
import { authorizeInvited } from './admission.ts';

const URL = 'http://localhost:8787/auth/v1/authorize?provider=github';

function answering(response: () => Response) {
  const asked: Request[] = [];
  const send: typeof fetch = async (input, init) => {
    asked.push(new Request(input, init));
    return response();
  };
  return { asked, send };
}

test('the invitation is in the body and nowhere else', async () => {
  const { asked, send } = answering(() => Response.json({ url: 'https://github.example/authorize' }));
  expect(await authorizeInvited(send, URL, 'afi_secret')).toEqual({
    url: 'https://github.example/authorize',
  });
  expect(asked[0]?.method).toBe('POST');
  expect(asked[0]?.url).toBe(URL);
  expect(await asked[0]?.json()).toEqual({ invitation: 'afi_secret' });
});

test('an error is returned', async () => {
  const body = { code: 422, error_code: 'invite_not_found', msg: 'The invitation was used already' };
  const { send } = answering(() => Response.json(body, { status: 422 }));
  expect(await authorizeInvited(send, URL, 'afi_used')).toEqual({
    problem: { code: 'invite_not_found', text: 'The invitation was used already.' },
  });
});

test.each([
  ['a page', () => new Response('<p>', { status: 502 })],
  ['another shape', () => Response.json({ hello: 'world' })],
  ['nothing', () => Response.error()],
])('%s instead of a response counts as unreachable', async (_title, response) => {
  expect(await authorizeInvited(answering(response).send, URL, 'afi_1')).toMatchObject({
    problem: { code: 'unreachable' },
  });
});
