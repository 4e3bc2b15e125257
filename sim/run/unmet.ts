/** What a run was asked for and did not do: a verdict on nothing is no verdict, so that it has to be told. */
import { givenOrDefault, PRODUCER_CONFIG } from '../../core/config/index.ts';
import type { Plan } from '../plan.ts';
import type { HistoryEvent } from '../history.ts';
import { isProbe, PROBE } from '../workload/final.ts';
import { HARNESS } from './stage.ts';

/** Kinds of it, with what is said of many runs. */
export const UNMET = {
  faults: 'no fault took effect',
  clients: 'no application used a Kafka client',
  sends: 'nothing was sent',
  acknowledgements: 'nothing that was sent was acknowledged',
  deliveries: 'nothing was delivered',
} as const;

export type Unmet = keyof typeof UNMET;

/** Counts what applications asked for and got. The harness's own client, and what it writes, do not count. */
export class Demand {
  clients = 0;
  /** Of those that ask for acknowledgements. */
  producers = 0;
  consumers = 0;
  sends = 0;
  acknowledged = 0;
  delivered = 0;

  onHistory(event: HistoryEvent): void {
    if (event.session.client === HARNESS || isProbe(event)) return;
    const asks =
      event.session.kind === 'producer' && String(givenOrDefault(PRODUCER_CONFIG, event.session.properties, 'acks')) !== '0';
    if (event.type === 'opened') {
      this.clients++;
      if (asks) this.producers++;
      if (event.session.kind === 'consumer') this.consumers++;
    } else if (event.type === 'invoke') {
      if (asks && event.call.f === 'send') this.sends++;
    } else if (event.type === 'ok') {
      if (event.result.f === 'send') this.acknowledged++;
      if (event.result.f === 'poll') for (const { value } of event.result.records) if (!value.startsWith(PROBE)) this.delivered++;
    }
  }

  /** What was asked for in vain, each with the facts of this run. */
  unmet(plan: Plan, faults: Readonly<Record<string, number>>): Partial<Record<Unmet, string>> {
    const unmet: Partial<Record<Unmet, string>> = {};
    const { clients, producers, consumers, sends, acknowledged, delivered } = this;
    const planned = plan.faults.length;
    if (planned > 0 && Object.keys(faults).length === 0) unmet.faults = `${UNMET.faults}, of ${planned} in the plan`;
    if (plan.clients.length > 0 && clients === 0) unmet.clients = UNMET.clients;
    if (producers > 0 && sends === 0) unmet.sends = `${UNMET.sends}, though there were producers (${producers})`;
    if (sends > 0 && acknowledged === 0) unmet.acknowledgements = `${UNMET.acknowledgements}, of ${sends} sends`;
    if (consumers > 0 && delivered === 0) unmet.deliveries = `${UNMET.deliveries}, though there were consumers (${consumers})`;
    return unmet;
  }
}
