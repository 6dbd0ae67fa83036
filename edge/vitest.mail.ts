/**
 * Before all tests: a mail service on loopback, in the shape of Resend's API, with the answers of a bad day. A test
 * names its own inbox in the path, `/NAME/emails`, and what the service does there, message by message: `PUT /NAME`
 * takes a list of answers, the last of which is given to all that come after. `GET /NAME` lists what came.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';

/** What the service does with a message: an answer, or none at all. */
export type MailAnswer = 'hang' | { status: number; headers?: Record<string, string>; body?: string };

/** A message as it came. */
export interface ReceivedMail {
  headers: Record<string, string>;
  body: unknown;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the mail service is. */
    mail: string;
  }
}

const GOOD: MailAnswer = { status: 200, body: '{"id":"49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}' };

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

export default async function startMail(project: TestProject): Promise<() => Promise<void>> {
  const inboxes = new Map<string, { answers: MailAnswer[]; received: ReceivedMail[] }>();
  const server = createServer(async (request, response) => {
    const [, name = '', rest] = (request.url ?? '').split('/');
    const inbox = inboxes.get(name) ?? { answers: [], received: [] };
    inboxes.set(name, inbox);
    const text = await textOf(request);
    if (request.method === 'PUT') {
      inbox.answers = JSON.parse(text);
      response.end();
      return;
    }
    if (request.method === 'GET') {
      response.end(JSON.stringify(inbox.received));
      return;
    }
    if (request.method !== 'POST' || rest !== 'emails') {
      response.writeHead(404).end();
      return;
    }
    inbox.received.push({ headers: request.headers as Record<string, string>, body: JSON.parse(text) });
    const [answer = GOOD] = inbox.answers;
    if (inbox.answers.length > 1) inbox.answers.shift();
    if (answer === 'hang') return;
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('mail', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
}
