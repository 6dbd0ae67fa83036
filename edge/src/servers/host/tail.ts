/** What the platform recorded of a site's server: it hands that over when a request, and what it left running, has ended. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import type { HostEnv, TailProps } from './env.ts';
import { maskOf, recorderOf, subjectOf } from './runtime/observe.ts';
import { eventsOf } from './runtime/trace.ts';

/** Whose log it is, is in the properties, which the server can't change. */
export class RuntimeTail extends WorkerEntrypoint<HostEnv, TailProps> {
  override tail(traces: TraceItem[]): void {
    const { key, secrets, crons, ...observed } = this.ctx.props;
    const mask = maskOf(key, secrets);
    const [recorder, subject] = [recorderOf(this.env), subjectOf(observed)];
    for (const trace of traces) {
      const { events, dropped } = eventsOf(trace, { mask, crons, now: Date.now() });
      recorder.log(subject, events, this.ctx, dropped);
      recorder.spend(subject, trace.cpuTime, this.ctx);
    }
  }
}
