/** In the Worker of a server of Node: hands requests to the program's own HTTP server. Bundled with the program. */

import { handleAsNodeRequest } from 'cloudflare:node';
import { Server } from 'node:http';
import { createRequire } from 'node:module';
import process from 'node:process';
import util from 'node:util';
import { startTimers } from './load-timers.mjs';

/** For a program that a request has started to listen, in milliseconds. */
const LISTENS_WITHIN = 30_000;

// Some packages look for modules of Node by a `require` that no bundler sees.
const ownRequire = createRequire('file:///bundle/program.js');
globalThis.require ??= (name) => {
  try {
    return ownRequire(name);
  } catch (error) {
    if (!/^No such module/.test(error?.message)) throw error;
    throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
  }
};

process.env.NODE_ENV ??= 'production';
// Programs take their port from here. Any number will do: no port is opened.
process.env.PORT ??= '8080';

// The platform's own writes what Node writes only where NODE_DEBUG asks for it.
util.debuglog = () => Object.assign(() => undefined, { enabled: false });

const listening = Promise.withResolvers();
let server = null;

const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  const result = listen.apply(this, portAlone(args));
  // A program with several servers, as for metrics, is reached by its first.
  server ??= this;
  listening.resolve();
  return result;
};

/** Without the address that it would listen on, and a socket's path becomes any port. */
function portAlone(args) {
  const [first, ...others] = args;
  const callback = others.filter((value) => typeof value === 'function');
  if (typeof first === 'string' && !/^\d+$/.test(first)) return [0, ...callback];
  if (typeof first !== 'object' || first === null) return args;
  return [first.port ?? 0, ...callback];
}

/** Lets what was awaited at load continue, as far as no I/O is in it. Throws if the program does not listen then. */
export async function listensAtLoad() {
  for (let turn = 0; turn < 10_000 && server === null; turn += 1) await null;
  if (server === null) throw new Error('AppFlux: the program does not listen at load');
}

/** @param {(() => Promise<unknown>) | null} start what loads the program, unless it is loaded already */
export const handler = (start) => {
  let started = null;
  return {
    async fetch(request, env, ctx) {
      startTimers();
      if (server === null && start !== null) {
        started ??= start();
        await Promise.race([Promise.all([started, listening.promise]), late()]);
      }
      if (server === null) throw new Error('The server’s program has not called listen()');
      const response = await handleAsNodeRequest(server.address().port, request, env, ctx);
      ctx.waitUntil(twoTurns());
      return response;
    },
  };
};

/**
 * A Worker ends what goes on after its answer; Node does not. What is due next still runs: Express logs errors that
 * nothing handles by `setImmediate`.
 */
const twoTurns = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

const late = () =>
  new Promise((_, reject) => {
    setTimeout(
      () =>
        reject(new Error(`The server’s program has not called listen() within ${LISTENS_WITHIN / 1000} s`)),
      LISTENS_WITHIN,
    );
  });
