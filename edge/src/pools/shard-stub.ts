/** The object of one shard of a pool, as it is called. */
import type { Env } from '../env.ts';
import { type ObjectOf, type ObjectStub, objectStub } from '../objects/stub.ts';
import { type Address, shardName } from './layout.ts';

type Pool = ObjectOf<Env['POOLS']>;

export type ShardStub = ObjectStub<Pool>;

/** What a pool's object takes and gives, by its own signatures: it is built on top of this folder. */
export type Offer = Parameters<Pool['offer']>[0];
export type Wanted = Parameters<Pool['picture']>[0];
export type NewLook = Parameters<Pool['look']>[0];
export type RegisteredRunner = Parameters<Pool['register']>[0];
export type ConnectedRunner = Awaited<ReturnType<Pool['online']>>[number];
export type PoolFigures = Awaited<ReturnType<Pool['figures']>>;
export type PoolOverview = Awaited<ReturnType<Pool['overview']>>;

export const shardStub = (env: Pick<Env, 'POOLS'>, at: Pick<Address, 'ownerId' | 'shard'>): ShardStub =>
  objectStub(() => env.POOLS.getByName(shardName(at)), {
    offer: 'repeat',
    picture: 'repeat',
    hasPicture: 'repeat',
    pictureEnded: 'repeat',
    withdraw: 'repeat',
    depth: 'repeat',
    load: 'repeat',
    figures: 'repeat',
    waitingReason: 'repeat',
    overview: 'repeat',
    online: 'repeat',
    look: 'repeat',
    lookOf: 'repeat',
    drain: 'repeat',
    register: 'repeat',
    limit: 'repeat',
    revoke: 'repeat',
    pictureIfAble: 'repeat',
    lookIfAble: 'repeat',
    forget: 'repeat',
    borrow: 'repeat',
    guestStates: 'repeat',
    recall: 'repeat',
    take: 'repeat',
    handOver: 'repeat',
    spare: 'repeat',
    lenders: 'repeat',
    shardLoad: 'repeat',
  });
