/** What the main file of a server says, looked at as text. */
import { withoutComments } from '../../../config-text.ts';
import { joinPath, type SourceTree } from '../../../tree.ts';

/** The text of a file without comments; '' where it was not read. */
export const programText = (tree: SourceTree, folder: string, file: string | null): string =>
  file === null ? '' : withoutComments(tree.text(joinPath(folder, file)) ?? '');

/** Whether a module handles the requests that its loader hands it: `export default app`. */
export const exportsDefault = (text: string): boolean =>
  /^[ \t]*export\s{1,9}default\b|[;}][ \t]*export\s{1,9}default\b|export\s{0,9}\{[^}]{0,1000}\bas\s{1,9}default\b/m.test(
    text,
  );

/** Whether a program waits for requests itself. */
export const listens = (text: string): boolean =>
  /\.listen\s*\(|\bcreateServer\s*\(|\bserve\s*\(|\bhttpServerHandler\s*\(/.test(text);

/** The API of another runtime that a program needs; null if it needs none. */
export function otherRuntime(text: string): string | null {
  if (/\bBun\.\w+\s*\(|from\s*["'](?:bun(?::\w+)?|hono\/bun|elysia)["']/.test(text)) return 'Bun';
  if (/\bDeno\.\w+|from\s*["'](?:hono\/deno|jsr:|https:\/\/deno\.land)/.test(text)) return 'Deno';
  if (
    /from\s*["'](?:hono\/aws-lambda|hono\/lambda-edge|@fastify\/aws-lambda|serverless-http|@vendia\/serverless-express)["']/.test(
      text,
    )
  )
    return 'AWS Lambda';
  return null;
}

const SERVES_FILES =
  /\b(?:express|app|fastify|koa)?\.?static\s*\(|serve-static|serveStatic|koa-static|@fastify\/static|\bsirv\b|sendFile\s*\(/;
/** A route of its own, other than the page that answers everything: `app.post('/api/x', …)`, `app.use('/api', router)`. */
const ROUTE =
  /\.(?:post|put|patch|delete|options|route|mount|register)\s*\(|\.(?:get|all|use)\s*\(\s*["'`](?!\/?\*|\/?\{|\/\(\.\*\)|\/["'`]|\/(?:healthz?|ping|status)["'`])\/?[\w:]|\bnew\s+(?:WebSocket)?Server\b|\b(?:router|routes|controllers?|graphql|apollo|proxy|createProxyMiddleware)\b/i;

/** A server that renders pages itself, such as one around Vite: https://vite.dev/guide/ssr.html */
const RENDERS = /\bssrLoadModule\b|\bentry-server\b|\brenderTo[A-Z]\w{1,30}\s*\(/;

/** Whether a server only hands out the files that a build makes, and the page of a single-page app. */
export const servesFilesOnly = (text: string): boolean =>
  text !== '' && SERVES_FILES.test(text) && !ROUTE.test(text) && !RENDERS.test(text);
