/** The object of one shard of a pool, as it is called. */
import type { Env } from '../../env.ts';
import { type ObjectOf, type ObjectStub, objectStub } from '../../objects/stub.ts';
import { type Address, shardName } from './layout.ts';

export type ShardStub = ObjectStub<ObjectOf<Env['POOLS']>>;

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
