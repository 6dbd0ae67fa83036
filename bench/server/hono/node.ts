/** The same app on the HTTP server of Node. */
import { createServer } from 'node:http';
import app from './worker.ts';

createServer(async (request, response) => {
  const answer = await app.fetch(new Request(`http://${request.headers.host}${request.url}`));
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}).listen(Number(process.env.PORT), '127.0.0.1');
