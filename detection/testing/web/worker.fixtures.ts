/** Workers, Hono and Nitro. */
import { type Fixtures, pkg } from '../fixture.ts';
import { node, refused, server } from './server-sources.ts';

export const workerFixtures: Fixtures = {
  'a Worker by wrangler.jsonc': server(
    {
      'package.json': pkg({}, undefined, { devDependencies: { wrangler: '^4.0.0' } }),
      'wrangler.jsonc':
        '{ // comment\n "name": "x", "main": "src/index.ts", "compatibility_date": "2026-01-01", }',
      'src/index.ts': 'export default { fetch() {} }',
    },
    { kind: 'worker', entry: 'src/index.ts' },
    { framework: 'workers', buildCommand: null },
    ['This is a Worker: wrangler.jsonc sets main to src/index.ts. It is published with its server.'],
  ),
  'a Worker by wrangler.toml, with assets, a namespace and a database': server(
    {
      'package.json': pkg({}, 'vite build', { devDependencies: { wrangler: '^4.0.0' } }),
      'wrangler.toml':
        'main = "./worker.js"\n[assets]\ndirectory = "./public"\n[[kv_namespaces]]\nbinding = "CACHE"\nid = "a"\n[[d1_databases]]\nbinding = "DB"\ndatabase_name = "x"\n[vars]\nX = "1"\n[triggers]\ncrons = ["0 * * * *"]\n',
    },
    { kind: 'worker', entry: 'worker.js' },
    { buildCommand: 'npm run build' },
  ),
  'create-hono for Cloudflare Workers': server(
    {
      'package.json': node(
        { hono: '^4.10.0' },
        { dev: 'wrangler dev', deploy: 'wrangler deploy --minify' },
        { devDependencies: { wrangler: '^4.4.0' } },
      ),
      'wrangler.jsonc': '{ "name": "my-app", "main": "src/index.ts", "compatibility_date": "2025-11-01" }',
      'src/index.ts': "const app = new Hono(); app.get('/', (c) => c.text('hi')); export default app",
    },
    { kind: 'worker', entry: 'src/index.ts' },
    { framework: 'hono' },
  ),
  'a Worker whose build script publishes it': server(
    {
      'package.json': node({}, { build: 'wrangler deploy' }),
      'wrangler.toml': 'main = "src/index.js"',
    },
    { kind: 'worker', entry: 'src/index.js' },
    { buildCommand: null },
  ),
  'a Vite app with a Worker': server(
    {
      'package.json': pkg({ react: '19.0.0' }, 'tsc -b && vite build', {
        devDependencies: { vite: '^7.0.0', '@cloudflare/vite-plugin': '^1.0.0', wrangler: '^4.0.0' },
      }),
      'index.html': '',
      'vite.config.ts': 'plugins: [react(), cloudflare()]',
      'wrangler.jsonc':
        '{ "main": "worker/index.ts", "assets": { "not_found_handling": "single-page-application" } }',
      'worker/index.ts': 'export default { fetch() {} }',
    },
    { kind: 'worker', entry: 'worker/index.ts' },
    { buildCommand: 'npm run build' },
  ),
  'a Vite app with a Worker, where no servers run': {
    files: {
      'package.json': pkg({}, 'vite build', { devDependencies: { vite: '^7.0.0' } }),
      'wrangler.jsonc': '{ "main": "worker/index.ts" }',
      'worker/index.ts': '',
    },
    plan: { framework: 'vite', outputs: ['dist'] },
    because: ['The Worker of its wrangler configuration is not published, only the site’s files are.'],
  },
  'a wrangler configuration of files alone': {
    servers: true,
    files: {
      'package.json': pkg({}, 'node build.js'),
      'wrangler.jsonc': '{ "assets": { "directory": "./web-out" } }',
    },
    plan: { framework: null, outputs: ['web-out'], server: undefined, buildCommand: 'npm run build' },
  },
  'an adapter’s Worker of a framework': server(
    {
      'package.json': pkg({}, 'vite build', {
        devDependencies: { '@sveltejs/kit': '^2.0.0', '@sveltejs/adapter-cloudflare': '^7.0.0' },
      }),
      'svelte.config.js': "import adapter from '@sveltejs/adapter-cloudflare'",
      'wrangler.jsonc': '{ "main": ".svelte-kit/cloudflare/_worker.js", "assets": { "binding": "ASSETS" } }',
    },
    { kind: 'sveltekit', entry: null },
  ),
  'a Worker with a bucket': refused(
    {
      'package.json': pkg({}),
      'wrangler.toml':
        'main = "src/index.ts"\n[[r2_buckets]]\nbinding = "FILES"\nbucket_name = "x"\n[ai]\nbinding = "AI"\n',
    },
    'wrangler.toml uses Workers AI (AI), R2 buckets (FILES), which AppFlux does not have',
    'kv_namespaces',
  ),
  'a Worker with Durable Objects and a queue': refused(
    {
      'package.json': pkg({}),
      'wrangler.jsonc':
        '{ "main": "a.ts", "durable_objects": { "bindings": [{ "name": "ROOM", "class_name": "Room" }] }, "queues": { "producers": [{ "binding": "JOBS", "queue": "jobs" }] } }',
    },
    'Durable Objects (ROOM), Queues (JOBS), which',
  ),
  'a Worker with empty lists of what AppFlux does not have': server(
    {
      'package.json': pkg({}),
      'wrangler.jsonc':
        '{ "main": "a.ts", "r2_buckets": [], "durable_objects": { "bindings": [] }, "services": [{ "binding": "WORKER_SELF_REFERENCE", "service": "x" }] }',
    },
    { kind: 'worker', entry: 'a.ts' },
  ),
  'a Worker whose binding has another kind of name': refused(
    {
      'package.json': pkg({}),
      'wrangler.json': '{ "main": "a.ts", "kv_namespaces": [{ "binding": "myCache" }] }',
    },
    'wrangler.json has a binding "myCache"',
    'capital letters',
  ),
  'a Worker that finds its assets by another name': refused(
    {
      'package.json': pkg({}),
      'wrangler.jsonc': '{ "main": "a.ts", "assets": { "directory": "x", "binding": "STATIC" } }',
    },
    'wrangler.jsonc binds its assets as "STATIC"',
    'Set assets.binding to "ASSETS"',
  ),
  'a Worker in Python': refused(
    { 'package.json': pkg({}), 'wrangler.toml': 'main = "src/entry.py"' },
    'written in Python',
  ),
  'a Next.js project with the bindings of its own cache': server(
    {
      'package.json': pkg({ next: '16.0.0' }, 'next build'),
      'wrangler.jsonc':
        '{ "main": ".open-next/worker.js", "images": { "binding": "IMAGES" }, "r2_buckets": [{ "binding": "NEXT_INC_CACHE_R2_BUCKET", "bucket_name": "x" }] }',
    },
    { kind: 'next', entry: null },
  ),
  'a framework’s project with a bucket': refused(
    {
      'package.json': pkg({ next: '16.0.0' }, 'next build'),
      'wrangler.jsonc': '{ "r2_buckets": [{ "binding": "FILES", "bucket_name": "x" }] }',
    },
    'wrangler.jsonc uses R2 buckets (FILES), which AppFlux does not have',
  ),
  Nitro: server(
    {
      'package.json': pkg({}, 'nitro build', { devDependencies: { nitropack: 'latest' } }),
      'nitro.config.ts': '',
    },
    { kind: 'nitro', entry: null },
    { framework: 'nitro', buildCommand: 'npm run build' },
  ),
  'Nitro as a plugin of Vite': server(
    {
      'package.json': pkg({}, 'vite build', { devDependencies: { nitro: '^3.0.0', vite: '^8.0.0' } }),
      'vite.config.ts': "import { nitro } from 'nitro/vite'; export default { plugins: [nitro()] }",
    },
    { kind: 'nitro', entry: null },
    { framework: 'vite' },
  ),
  'Hono that a module exports': server(
    {
      'package.json': node({ hono: '^4.10.0' }, { dev: 'bun run --hot src/index.ts' }),
      'src/index.ts': "import { Hono } from 'hono'\nconst app = new Hono()\nexport default app\n",
    },
    { kind: 'worker', entry: 'src/index.ts' },
    { framework: 'hono', buildCommand: null },
  ),
  'create-hono for Node': server(
    {
      'package.json': node(
        { hono: '^4.10.0', '@hono/node-server': '^1.19.0' },
        { build: 'tsc', start: 'node dist/index.js', dev: 'tsx watch src/index.ts' },
      ),
      'src/index.ts': "import { serve } from '@hono/node-server'\nserve({ fetch: app.fetch, port: 3000 })",
    },
    { kind: 'node', entry: 'dist/index.js' },
    { framework: 'hono', buildCommand: 'npm run build' },
  ),
  'Hono built by Vite for Workers': server(
    {
      'package.json': pkg({ hono: '^4.10.0' }, 'vite build', { devDependencies: { vite: '^7.0.0' } }),
      'vite.config.ts': "import build from '@hono/vite-build/cloudflare-workers'",
      'src/index.tsx': 'export default app',
    },
    { kind: 'worker', entry: 'dist/index.js' },
    { framework: 'hono' },
  ),
  'Hono on Bun’s own API': refused(
    {
      'package.json': node({ hono: '^4.10.0' }, { start: 'bun run src/index.ts' }),
      'src/index.ts': "import { serveStatic } from 'hono/bun'; export default app",
    },
    'This Hono server needs Bun, which AppFlux can’t run',
  ),
  'Hono on Lambda': refused(
    {
      'package.json': node({ hono: '^4.10.0' }, { build: 'esbuild' }),
      'src/index.ts': "import { handle } from 'hono/aws-lambda'; export const handler = handle(app)",
    },
    'needs AWS Lambda',
    'Export the app itself',
  ),
  'Hono that exports nothing': refused(
    { 'package.json': pkg({ hono: '4.0.0' }, 'tsc'), 'src/index.ts': 'const app = new Hono()' },
    'Hono is a server framework that AppFlux can’t run',
  ),
  'Hono as a client of a Vite app': {
    servers: true,
    files: {
      'package.json': pkg({ hono: '^4.10.0' }, 'vite build', { devDependencies: { vite: '^7.0.0' } }),
      'index.html': '',
      'src/index.ts': "import { hc } from 'hono/client'; export default hc('/')",
    },
    plan: { framework: 'vite', outputs: ['dist'], server: undefined },
  },
};
