import { expect, test } from 'vitest';
import { deleteAccount } from './delete-account.ts';

const answering = (response: () => Response) => {
  const asked: Request[] = [];
  const send: typeof fetch = async (input, init) => {
    asked.push(new Request(input, init));
    return response();
  };
  return { asked, send };
};
const URL = 'http://localhost:8787';

test('an account is deleted by its token, and with the password where there is one', async () => {
  const { asked, send } = answering(() => new Response(null, { status: 204 }));
  expect(await deleteAccount(send, URL, 'jwt', 'secret')).toBeNull();
  expect(await deleteAccount(send, URL, 'jwt', null)).toBeNull();
  expect(asked[0]?.method).toBe('DELETE');
  expect(asked[0]?.url).toBe(`${URL}/auth/v1/user`);
  expect(asked[0]?.headers.get('Authorization')).toBe('Bearer jwt');
  expect(await asked[0]?.json()).toEqual({ current_password: 'secret' });
  expect(await asked[1]?.json()).toEqual({});
});

test('an error of the server is returned as it is', async () => {
  const { send } = answering(() =>
    Response.json({ code: 422, msg: 'You are the last owner' }, { status: 422 }),
  );
  expect(await deleteAccount(send, URL, 'jwt', null)).toBe('You are the last owner');
});

test.each([
  [
    'another shape',
    () => Response.json({}, { status: 502 }),
    'The server returned 502. Try again in a moment.',
  ],
  ['a page', () => new Response('<p>', { status: 502 }), 'AppFlux didn’t respond. Try again in a moment.'],
])('%s instead of a response becomes a plain message', async (_, response, text) => {
  expect(await deleteAccount(answering(response).send, URL, 'jwt', null)).toBe(text);
});
