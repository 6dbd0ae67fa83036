/**
 * The messages between the parts of AppFlux. Input is parsed with these schemas once, at the border of
 * the part that receives it, and trusted inside.
 */
export * from './access.ts';
export * from './addresses.ts';
export * from './analytics.ts';
export * from './app.ts';
export * from './app-source.ts';
export * from './attempt-socket.ts';
export * from './audit.ts';
export * from './candidate.ts';
export * from './deployment.ts';
export * from './device.ts';
export * from './domain.ts';
export * from './errors.ts';
export * from './expo-update.ts';
export * from './failure.ts';
export * from './file.ts';
export * from './format.ts';
export * from './frame.ts';
export * from './github.ts';
export * from './health.ts';
export * from './hook.ts';
export * from './ids.ts';
export * from './job.ts';
export * from './log.ts';
export * from './manifest.ts';
export * from './notification.ts';
export * from './operator.ts';
export * from './outbox.ts';
export * from './overview.ts';
export * from './page.ts';
export * from './phase.ts';
export * from './pool-socket.ts';
export * from './prebuilt.ts';
export * from './provenance.ts';
export * from './release-details.ts';
export * from './repo-key.ts';
export * from './retention.ts';
export * from './runner.ts';
export * from './runner-capacity.ts';
export * from './sbom.ts';
export * from './sensitive.ts';

export * from './site.ts';
export * from './site-access.ts';
export * from './site-delta.ts';
export * from './site-pack.ts';

export * from './site-rules.ts';
export * from './site-url.ts';
export * from './sizes.ts';
export * from './socket.ts';
export * from './source-access.ts';
export * from './source-credential.ts';
export * from './team.ts';
export * from './text.ts';
export * from './trace.ts';
export * from './trigger.ts';
export * from './update-facts.ts';
export * from './upload.ts';
export * from './webhook-secret.ts';
