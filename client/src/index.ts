/** The client of AppFlux's HTTP API, for the dashboard, the CLI, `stack/` and tests. */
export { type Client, type ClientPart, createClient } from './client.ts';
export type { Call, CallOptions, ClientOptions } from './http/calls.ts';
export {
  type ClientError,
  isClientError,
  RefusedError,
  type RequestLine,
  UnexpectedResponseError,
  UnreachableError,
} from './http/errors.ts';
export type { UnknownMembers } from './http/parse.ts';
export type { RetryOptions } from './http/retry.ts';
export { type FeedEvents, type FeedSource, LogFeed } from './live-log/feed.ts';
export type { FollowHandlers, FollowOptions } from './live-log/follow.ts';
export { type Appended, type Gap, LineOrder } from './live-log/line-order.ts';
export type { Connection, FeedDependencies } from './live-log/live-feed.ts';
export type { RuntimeHandlers, RuntimeRange } from './live-log/runtime.ts';
export { allItems, eachItem, type ListQuery } from './pages.ts';
export {
  type VerificationCode,
  VerificationError,
  type Verified,
  verifyEnvelope,
} from './provenance/verify-envelope.ts';
export type { NewApp } from './resources/apps.ts';
export type { DeploymentsFilter } from './resources/deployments.ts';
export type { DeviceAnswer } from './resources/device.ts';
export { TransferProgress } from './upload/progress.ts';
export { failureOf, PartError, type PartFailure, type PutPart } from './upload/put-part.ts';
export { Transfer, type TransferSource, type TransferTools } from './upload/transfer.ts';
