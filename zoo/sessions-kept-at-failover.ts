import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a new active controller gives brokers no new session: those that it never heard of are never fenced',
  source: ['KIP-631'],
  difficulty: 'medium',
  expects: ['L3', 'L9', 'L2'],
  scenario: 'controller-failover',
  file: 'core/controller/active.ts',
  find: '    for (const broker of this.#image.brokers.values()) this.heartbeats.register(broker.id, broker.fenced, nowMs);',
  replace:
    '    for (const broker of this.#image.brokers.values()) this.heartbeats.register(broker.id, zoo.instead(broker.fenced, true), nowMs);',
} satisfies Mutant;
