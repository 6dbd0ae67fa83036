/** A browser for tests of signing in: where its requests come from, and the cookies that it keeps. */
import { scryptSync } from 'node:crypto';
import type { Env } from '../env.ts';
import { type Asked, request, requestWith } from './worker.ts';

export const PASSWORD = 'correct horse battery';
const CHEAP = scryptSync(PASSWORD, Buffer.alloc(16), 32, { N: 2, r: 1, p: 1 }).toString('base64');
/** A password stored at next to no cost, so that trying it many times is quick. */
export const STORED = `$scrypt$ln=1,r=1,p=1$${'A'.repeat(22)}$${CHEAP.replace('=', '')}`;

export class TestClient {
  readonly address: string | null;
  readonly variables: Partial<Env>;
  cookie: string | null = null;
  setCookie: string | null = null;

  constructor(address: string | null, variables: Partial<Env> = {}) {
    this.address = address;
    this.variables = variables;
  }

  async post(path: string, json: unknown, more: Asked = {}): Promise<Response> {
    const headers = new Headers(more.headers);
    if (this.address !== null && !headers.has('CF-Connecting-IP'))
      headers.set('CF-Connecting-IP', this.address);
    if (this.cookie !== null) headers.set('Cookie', this.cookie);
    const asked = { method: 'POST', json, ...more, headers };
    const response =
      Object.keys(this.variables).length === 0
        ? await request(`/auth/v1${path}`, asked)
        : await requestWith(this.variables, `/auth/v1${path}`, asked);
    const set = response.headers.get('Set-Cookie');
    if (set !== null) {
      this.setCookie = set;
      this.cookie = set.split(';')[0] ?? null;
    }
    return response;
  }

  signIn(password: string, email = 'owner@team.example', more: Asked = {}): Promise<Response> {
    return this.post('/token?grant_type=password', { email, password }, more);
  }

  /** Tries wrong passwords one after the other; gives the statuses. */
  async guess(times: number, email = 'owner@team.example'): Promise<number[]> {
    const statuses: number[] = [];
    for (let n = 0; n < times; n += 1) statuses.push((await this.signIn(`guess number ${n}`, email)).status);
    return statuses;
  }
}

/** The status of so many answers. */
export const all = (status: number, times: number): number[] => Array<number>(times).fill(status);
