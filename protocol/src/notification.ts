/** Notifications: what is reported of a team's deployments, and where that is sent. */
import { z } from 'zod';
import { Environment, ObjectId, Slug, Timestamp } from './ids.ts';
import { pageOf } from './page.ts';

/** What a notification can be about. */
export const NotificationEvent = z.enum([
  'deployment.succeeded',
  'deployment.failed',
  'deployment.recovered',
  'deployment.canceled',
  'deployment.waiting',
]);
export type NotificationEvent = z.infer<typeof NotificationEvent>;

/** What a delivery can be about: `test` is sent by the test button and has no deployment. */
export const DeliveryEvent = z.enum([...NotificationEvent.options, 'test']);
export type DeliveryEvent = z.infer<typeof DeliveryEvent>;

/** How a notification is sent. */
export const HookKind = z.enum(['webhook', 'slack', 'discord', 'email']);
export type HookKind = z.infer<typeof HookKind>;

/** How many hooks a team can have, and how many apps a hook can name. */
export const MAX_HOOKS = 20;
export const MAX_APPS_OF_HOOK = 50;

/** How many deliveries of a hook are kept once they ended. */
export const DELIVERIES_KEPT = 100;

/** How much of a request's or response's body is kept to look at, in bytes. */
export const MAX_SHOWN_BODY_BYTES = 16 * 1024;

/** The headers of a webhook. The signature is an HMAC-SHA-256 of the timestamp, a full stop and the raw body. */
export const HOOK_HEADER = {
  event: 'X-AppFlux-Event',
  delivery: 'X-AppFlux-Delivery',
  timestamp: 'X-AppFlux-Timestamp',
  signature: 'X-AppFlux-Signature-256',
} as const;

const TargetUrl = z.url({ protocol: /^https?$/, error: 'Must be an http or https URL' }).max(2000);
const EmailAddress = z.string().trim().min(3).max(254);

/** What can be set of a hook. An empty list of apps or environments stands for all of them. */
const Settings = z.strictObject({
  name: z.string().trim().max(80),
  /** Where a webhook, a Slack or a Discord message is sent. */
  url: TargetUrl,
  /** Where an email is sent. */
  address: EmailAddress,
  events: z.array(NotificationEvent).min(1).max(NotificationEvent.options.length),
  apps: z.array(Slug).max(MAX_APPS_OF_HOOK),
  environments: z.array(Environment).max(Environment.options.length),
});

/** Body of `POST /api/hooks`: an email needs `address`, everything else `url`. */
export const CreateHook = Settings.partial()
  .extend({ kind: HookKind, events: Settings.shape.events })
  .superRefine((hook, context) => {
    const [wanted, other] =
      hook.kind === 'email' ? (['address', 'url'] as const) : (['url', 'address'] as const);
    if (hook[wanted] === undefined)
      context.addIssue({
        code: 'custom',
        path: [wanted],
        message: `A hook of the kind ${hook.kind} needs it`,
      });
    if (hook[other] !== undefined)
      context.addIssue({
        code: 'custom',
        path: [other],
        message: `A hook of the kind ${hook.kind} has none`,
      });
  })
  .meta({ id: 'CreateHook' });
export type CreateHook = z.infer<typeof CreateHook>;

/** Body of `PATCH /api/hooks/:id`. The kind can't be changed. `enabled: true` also restarts a disabled hook. */
export const UpdateHook = Settings.partial()
  .extend({ enabled: z.boolean().optional() })
  .meta({ id: 'UpdateHook' });
export type UpdateHook = z.infer<typeof UpdateHook>;

/** How a delivery is going. */
export const DeliveryStatus = z.enum(['pending', 'delivered', 'failed']);
export type DeliveryStatus = z.infer<typeof DeliveryStatus>;

/** A hook: where the notifications of a team are sent. */
export const Hook = z
  .strictObject({
    id: ObjectId,
    kind: HookKind,
    name: z.string(),
    /** Where it sends to, without what is secret in it: the path of a Slack or Discord URL, and any query. */
    target: z.string(),
    events: z.array(NotificationEvent),
    /** Slugs; empty for all apps. */
    apps: z.array(Slug),
    /** Empty for all environments. */
    environments: z.array(Environment),
    enabled: z.boolean(),
    /** Why AppFlux disabled it; null if it didn't. */
    disabledReason: z.string().nullable(),
    createdAt: Timestamp,
    /** The newest delivery; null if there was none. */
    lastDelivery: z
      .strictObject({ id: ObjectId, event: DeliveryEvent, status: DeliveryStatus, at: Timestamp })
      .nullable(),
  })
  .meta({ id: 'Hook' });
export type Hook = z.infer<typeof Hook>;

/** All hooks of a team: they are few. */
export const Hooks = pageOf(Hook).meta({ id: 'Hooks' });
export type Hooks = z.infer<typeof Hooks>;

/** The secret that signs its requests; shown only this time. Null for kinds that sign nothing. */
export const CreatedHook = Hook.extend({ secret: z.string().nullable() }).meta({ id: 'CreatedHook' });
export type CreatedHook = z.infer<typeof CreatedHook>;

/** Answer of `POST /api/hooks/:id/secret`. */
export const HookSecret = z.strictObject({ secret: z.string() }).meta({ id: 'HookSecret' });
export type HookSecret = z.infer<typeof HookSecret>;

/** One attempt to send. */
export const DeliveryAttempt = z.strictObject({
  at: Timestamp,
  durationMs: z.int().min(0),
  /** The HTTP status of the answer; null if there was none. */
  status: z.int().nullable(),
  /** Why it failed; null if it didn't. */
  error: z.string().nullable(),
});
export type DeliveryAttempt = z.infer<typeof DeliveryAttempt>;

const Message = { headers: z.record(z.string(), z.string()), body: z.string() };

/** A notification of a hook, with the newest attempts to send it. Bodies are cut to MAX_SHOWN_BODY_BYTES. */
export const HookDelivery = z
  .strictObject({
    /** The same in each attempt, and in the header X-AppFlux-Delivery. */
    id: ObjectId,
    event: DeliveryEvent,
    deploymentId: ObjectId.nullable(),
    app: Slug.nullable(),
    status: DeliveryStatus,
    /** The newest ones, oldest first. */
    attempts: z.array(DeliveryAttempt),
    nextAttemptAt: Timestamp.nullable(),
    createdAt: Timestamp,
    /** What was sent last; null before the first attempt. */
    request: z.strictObject({ target: z.string(), ...Message }).nullable(),
    /** What was answered last; null if nothing was. */
    response: z.strictObject({ status: z.int(), ...Message }).nullable(),
  })
  .meta({ id: 'HookDelivery' });
export type HookDelivery = z.infer<typeof HookDelivery>;
