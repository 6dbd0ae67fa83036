/** Servers of Node. */
import { type Fixtures, json } from '../fixture.ts';
import { LISTENS, node, refused, server } from './server-sources.ts';

export const nodeFixtures: Fixtures = {
  Express: server(
    { 'package.json': node({ express: '^5.1.0' }, { start: 'node server.js' }), 'server.js': LISTENS },
    { kind: 'node', entry: 'server.js' },
    { framework: 'express', buildCommand: null, installCommand: 'npm install' },
    ['This is an Express server: the script start runs server.js. It is published with its server.'],
  ),
  'Express in TypeScript': server(
    {
      'package.json': node(
        { express: '^5.1.0' },
        { build: 'tsc', start: 'NODE_ENV=production node dist/index.js' },
      ),
      'src/index.ts': LISTENS,
    },
    { kind: 'node', entry: 'dist/index.js' },
    { buildCommand: 'npm run build' },
  ),
  'Express run by tsx, with options': server(
    {
      'package.json': node({ express: '^5.1.0' }, { start: 'tsx --env-file=.env -r ./otel.js src/app.ts' }),
      'src/app.ts': LISTENS,
    },
    { kind: 'node', entry: 'src/app.ts' },
  ),
  'the generator of Express': server(
    {
      'package.json': node({ express: '~4.16.1' }, { start: 'node ./bin/www' }),
      'bin/www': 'server.listen(port)',
    },
    { kind: 'node', entry: 'bin/www' },
  ),
  'a program by main, which a Procfile starts': server(
    {
      'package.json': node({ koa: '^3.0.0' }, {}, { main: 'lib/app.js' }),
      Procfile: 'web: node .\n',
      'lib/app.js': 'app.listen(3000)',
    },
    { kind: 'node', entry: 'lib/app.js' },
    { framework: 'koa' },
  ),
  'a program that no script starts': server(
    {
      'package.json': node({ express: '5.1.0' }, { test: 'jest' }, { main: 'index.js' }),
      'index.js': LISTENS,
    },
    { kind: 'node', entry: 'index.js' },
  ),
  Fastify: server(
    {
      'package.json': node(
        { fastify: '^5.0.0' },
        { build: 'tsc -p .', start: 'npm run build && node dist/app' },
      ),
      'src/app.ts': '',
    },
    { kind: 'node', entry: 'dist/app.js' },
    { framework: 'fastify' },
  ),
  NestJS: server(
    {
      'package.json': node(
        { '@nestjs/core': '^11.0.0', '@nestjs/platform-express': '^11.0.0' },
        { build: 'nest build', start: 'nest start', 'start:prod': 'node dist/main' },
      ),
      'nest-cli.json': '{}',
      'src/main.ts': 'app.listen(3000)',
    },
    { kind: 'node', entry: 'dist/main.js' },
    { framework: 'nestjs', buildCommand: 'npm run build' },
    ['This is a NestJS server: the script start:prod runs dist/main.js. It is published with its server.'],
  ),
  'NestJS started by its own command': server(
    {
      'package.json': node({ '@nestjs/core': '^11.0.0' }, { build: 'nest build', start: 'nest start' }),
      'src/main.ts': 'app.listen(3000)',
    },
    { kind: 'node', entry: 'dist/main.js' },
  ),
  'a plain HTTP server': server(
    {
      'package.json': node({}, { start: 'node index.mjs' }),
      'index.mjs': "import http from 'node:http'; http.createServer(handle).listen(8080)",
    },
    { kind: 'node', entry: 'index.mjs' },
    { framework: 'node-http' },
  ),
  'a server chosen where there is also a site': {
    ...server(
      {
        'package.json': node(
          { express: '^5.0.0', react: '19.0.0' },
          { build: 'vite build', start: 'node server.js' },
          { devDependencies: { vite: '^7.0.0' } },
        ),
        'server.js': LISTENS,
      },
      { kind: 'node', entry: 'server.js' },
    ),
    settings: { framework: 'express' },
  },
  'a site and a server, which appflux.json asks for': server(
    {
      'package.json': node(
        { express: '^5.0.0' },
        { build: 'vite build && esbuild server/index.ts --outdir=dist', start: 'node dist/index.js' },
        { devDependencies: { vite: '^7.0.0' } },
      ),
      'server/index.ts': LISTENS,
      'appflux.json': json({ server: true }),
    },
    { kind: 'node', entry: 'dist/index.js' },
  ),
  'an instance that runs no servers: Express with a build script': {
    files: {
      'package.json': node({ express: '^5.0.0' }, { build: 'tsc', start: 'node dist/index.js' }),
      'src/index.ts': LISTENS,
      'public/index.html': '',
    },
    message:
      'This is an Express server: the script start runs dist/index.js. This instance publishes static files; it doesn’t run servers.',
    hint: 'ask the operator',
  },
  'an instance that runs no servers: Express with a folder of files': {
    files: {
      'package.json': node({ express: '^5.0.0' }, { start: 'node index.js' }),
      'index.js': LISTENS,
      'public/index.html': '',
    },
    message: 'This is an Express server',
    hint: '',
  },
  Strapi: refused(
    {
      'package.json': node(
        { '@strapi/strapi': '5.30.0', 'better-sqlite3': '12.0.0' },
        { build: 'strapi build', start: 'strapi start' },
      ),
    },
    'This is a Strapi server, which AppFlux can’t run',
    'Run it elsewhere',
  ),
  'Socket.IO': refused(
    {
      'package.json': node({ express: '4.0.0', 'socket.io': '4.8.0' }, { start: 'node index.js' }),
      'index.js': LISTENS,
    },
    'This server uses socket.io, which AppFlux can’t run',
    'WebSocketPair',
  ),
  'a WebSocket server of Node': refused(
    {
      'package.json': node({ express: '4.0.0', ws: '8.0.0' }, { start: 'node index.js' }),
      'index.js': `${LISTENS}; const wss = new WebSocketServer({ server })`,
    },
    'a WebSocket server of Node',
  ),
  'native code': refused(
    {
      'package.json': node({ express: '4.0.0', bcrypt: '6.0.0' }, { start: 'node index.js' }),
      'index.js': LISTENS,
    },
    'This server depends on bcrypt, which has native code or starts programs',
    'Use bcryptjs instead',
  ),
  'templates that are compiled at run time': refused(
    {
      'package.json': node({ express: '4.0.0', ejs: '3.1.0' }, { start: 'node index.js' }),
      'index.js': LISTENS,
    },
    'renders templates with ejs',
  ),
  'child processes': refused(
    {
      'package.json': node({ express: '4.0.0' }, { start: 'node index.js' }),
      'index.js': `const { exec } = require('child_process'); ${LISTENS}`,
    },
    'This server uses node:child_process',
  ),
  Elysia: refused(
    {
      'package.json': node({ elysia: '1.4.0' }, { start: 'bun src/index.ts' }),
      'src/index.ts': '.listen(3000)',
    },
    'This Elysia server needs Bun',
  ),
  'a server of Deno': refused(
    { 'package.json': node({}, { start: 'deno run -A main.ts' }), 'main.ts': 'Deno.serve(handler)' },
    'needs Deno',
  ),
};
