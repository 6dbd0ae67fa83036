import { CreateHook, type Hook, type HookDelivery, UpdateHook } from '@appflux/protocol';
import { type Call, newId, page, type Routes, requireFound } from './fake-call.ts';

const hookOf = ({ world, id }: Call): Hook => requireFound(world.notifications.find((one) => one.id === id));

/** A target without what is secret in it. */
const shown = (target: string) => (target.includes('@') ? target : `${new URL(target).origin}/…`);

function send(call: Call, over: Partial<HookDelivery> = {}): HookDelivery {
  const hook = hookOf(call);
  const at = new Date().toISOString();
  const delivery: HookDelivery = {
    id: newId(),
    event: 'test',
    deploymentId: null,
    app: null,
    status: 'delivered',
    attempts: [{ at, durationMs: 48, status: 200, error: null }],
    nextAttemptAt: null,
    createdAt: at,
    request: {
      target: hook.target,
      headers: { 'Content-Type': 'application/json', 'X-AppFlux-Event': 'test' },
      body: '{"event":"test","deployment":null}',
    },
    response: { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' },
    ...over,
  };
  call.world.deliveries.unshift({ ...delivery, hookId: hook.id });
  hook.lastDelivery = { id: delivery.id, event: delivery.event, status: delivery.status, at };
  return delivery;
}

/** Notification hooks and their deliveries. */
export const NOTIFICATION_ROUTES: Routes = {
  'GET hooks': ({ world }) => [200, { items: world.notifications, nextCursor: null }],
  'POST hooks': ({ world, body }) => {
    const { kind, url, address, name = '', events, apps = [], environments = [] } = CreateHook.parse(body);
    const made: Hook = {
      id: newId(),
      kind,
      name,
      target: shown(url ?? address ?? ''),
      events,
      apps,
      environments,
      enabled: true,
      disabledReason: null,
      createdAt: new Date().toISOString(),
      lastDelivery: null,
    };
    world.notifications.unshift(made);
    return [201, { ...made, secret: kind === 'webhook' ? 'afn_8Qk2mZ7pWc4xTn1vR5' : null }];
  },
  'PATCH hooks/:id': (call) => {
    const changed = hookOf(call);
    const { url, address, ...rest } = UpdateHook.parse(call.body);
    const target = url ?? address;
    if (rest.enabled) changed.disabledReason = null;
    return [200, Object.assign(changed, rest, target !== undefined && { target: shown(target) })];
  },
  'DELETE hooks/:id': (call) => {
    const gone = hookOf(call);
    call.world.notifications = call.world.notifications.filter((other) => other !== gone);
    return [204];
  },
  'POST hooks/:id/secret': (call) => {
    hookOf(call);
    return [200, { secret: 'afn_Zk3vQ9bW2mT7yL5x' }];
  },
  'POST hooks/:id/test': (call) => [202, send(call)],
  'GET hooks/:id/deliveries': ({ world, id, query }) => {
    const own = world.deliveries.filter(({ hookId }) => hookId === id);
    return [
      200,
      page(
        own.map(({ hookId: _, ...delivery }) => delivery),
        query,
      ),
    ];
  },
  // The delivery is followed by `/redeliver`.
  'POST hooks/:id/deliveries/:name': (call) => {
    const { hookId: _, ...earlier } = requireFound(call.world.deliveries.find(({ id }) => id === call.name));
    return [202, send(call, { event: earlier.event, deploymentId: earlier.deploymentId, app: earlier.app })];
  },
};
