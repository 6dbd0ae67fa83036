/** Servers of Node that can't run in a Worker, by what they depend on or call. */
import type { PackageJson } from '../../../package-json.ts';
import type { Refusal } from '../../rule.ts';

/** Products and frameworks that bring a process of their own. */
const PRODUCTS: Readonly<Record<string, string>> = {
  '@strapi/strapi': 'Strapi',
  strapi: 'Strapi',
  directus: 'Directus',
  ghost: 'Ghost',
  '@keystone-6/core': 'Keystone',
  '@medusajs/medusa': 'Medusa',
  '@medusajs/framework': 'Medusa',
  '@adonisjs/core': 'AdonisJS',
  sails: 'Sails',
  'parse-server': 'Parse Server',
  payload: 'Payload',
  'node-red': 'Node-RED',
  n8n: 'n8n',
  moleculer: 'Moleculer',
  'json-server': 'json-server',
  verdaccio: 'Verdaccio',
};

/** They take over the connection of an HTTP request, which a Worker's HTTP server doesn't give. */
const SOCKETS = [
  'socket.io',
  '@nestjs/platform-socket.io',
  '@nestjs/platform-ws',
  'express-ws',
  '@fastify/websocket',
  'koa-websocket',
  'sockjs',
  'primus',
  'colyseus',
  '@colyseus/core',
  'uWebSockets.js',
  'hyper-express',
];

/** Packages that are compiled for one system, or that start programs of it. */
const NATIVE = [
  'better-sqlite3',
  'sqlite3',
  'bcrypt',
  'argon2',
  'sharp',
  'canvas',
  'node-pty',
  'serialport',
  'isolated-vm',
  'zeromq',
  'leveldown',
  'classic-level',
  'onnxruntime-node',
  '@tensorflow/tfjs-node',
  'puppeteer',
  'playwright',
  'fluent-ffmpeg',
  'ffmpeg-static',
  'oracledb',
  'libxmljs2',
];

/** What to use in the place of some. */
const INSTEAD: Readonly<Record<string, string>> = {
  bcrypt: 'bcryptjs',
  argon2: '@noble/hashes',
  'better-sqlite3': 'a binding of the kind sqlite',
  sqlite3: 'a binding of the kind sqlite',
};

/** Templates that are compiled to code at run time, which a Worker does not allow. */
const TEMPLATES = [
  'ejs',
  'pug',
  'jade',
  'hbs',
  'handlebars',
  'express-handlebars',
  'nunjucks',
  'eta',
  '@fastify/view',
];

/** Modules of Node that start programs or threads. */
const PROCESSES = /["'](?:node:)?(child_process|cluster|worker_threads)["']/;

const ELSEWHERE = 'Run it on a server of your own, or move that part to another service.';

/** Why a server with these dependencies, and this text in its main file, can't run; null if nothing speaks against it. */
export function cannotRun({ dependencies }: PackageJson, text: string): Refusal | null {
  const uses = (names: readonly string[]) => names.find((name) => dependencies[name] !== undefined);
  const product = uses(Object.keys(PRODUCTS));
  if (product !== undefined) {
    return {
      refusal: `This is a ${PRODUCTS[product]} server, which AppFlux can’t run.`,
      hint: 'It needs a process and a disk of its own. Run it elsewhere, and deploy its front end here.',
    };
  }
  const socket =
    uses(SOCKETS) ?? (/\bWebSocket(?:\.)?Server\b/.test(text) ? 'a WebSocket server of Node' : undefined);
  if (socket !== undefined) {
    return {
      refusal: `This server uses ${socket}, which AppFlux can’t run: Node servers get no WebSocket connections there.`,
      hint: 'A Worker that answers with a WebSocketPair can. Otherwise, run this server elsewhere.',
    };
  }
  const native = uses(NATIVE);
  if (native !== undefined) {
    const instead = INSTEAD[native];
    return {
      refusal: `This server depends on ${native}, which has native code or starts programs. AppFlux runs JavaScript and WebAssembly only.`,
      hint:
        instead === undefined ? ELSEWHERE : `Use ${instead} instead. Otherwise, run this server elsewhere.`,
    };
  }
  const template = uses(TEMPLATES);
  if (template !== undefined) {
    return {
      refusal: `This server renders templates with ${template}, which makes code at run time. AppFlux does not allow that.`,
      hint: 'Compile the templates in the build, or render with JSX or a template engine that makes no code, such as mustache.',
    };
  }
  const process = PROCESSES.exec(text)?.[1];
  if (process !== undefined) {
    return {
      refusal: `This server uses node:${process}, which AppFlux can’t run: a site’s server has no processes or threads.`,
      hint: ELSEWHERE,
    };
  }
  return null;
}

/** The refusal of a server that is written for another runtime. */
export const onlyOn = (runtime: string, name: string): Refusal => ({
  refusal: `This ${name} server needs ${runtime}, which AppFlux can’t run.`,
  hint:
    runtime === 'AWS Lambda'
      ? 'Export the app itself as default, as for Cloudflare Workers, and deploy again.'
      : 'Use the APIs of the Web or of Node instead, and deploy again.',
});
