/** By which protocol a consumer's group takes partitions from its members: all at once before each generation, or one by one. */
import type { Session } from '../../sim/history.ts';

const COOPERATIVE = 'cooperative-sticky';

/** By the consumer protocol (KIP-848), or by the cooperative one of classic groups (KIP-429), a member keeps what does not move. */
export function keepsWhatStays(session: Session): boolean {
  return session.properties['group.protocol'] === 'consumer' || isCooperative(session);
}

/** All of its assignors must know how (ConsumerCoordinator): beside an eager one it gives up everything. */
export function isCooperative({ properties }: Session): boolean {
  return properties['group.protocol'] !== 'consumer' && properties['partition.assignment.strategy'] === COOPERATIVE;
}
