/** The Durable Object of one deployment, as the Worker has it: it delivers its own news. */
import type { Unconfirmed } from '../deployment/answers.ts';
import { DeploymentObject as WithoutDelivery } from '../deployment/object.ts';
import { deliverNews } from './news.ts';

/**
 * The class is apart from what it delivers to, which needs deployments itself. Delivered here, an event costs no message
 * and no call of the Worker; what can't be delivered goes to `event-queue`, whose consumer tries for hours.
 */
export class DeploymentObject extends WithoutDelivery {
  protected override deliver(news: Unconfirmed): Promise<boolean> {
    return deliverNews(news, this.env);
  }
}
