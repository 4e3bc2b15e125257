import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a producer raises its epoch while batches of the old one are on their way',
  source: ['KAFKA-8483', 'KAFKA-8484', 'KIP-360'],
  difficulty: 'medium',
  expects: ['X1', 'I1', 'I2', 'J14'],
  file: 'core/client/producer/idempotent-state.ts',
  find: 'if (this.#sequenceOf(key).inFlight.some((batch) => batch.onWire)) return;',
  replace: 'if (zoo.instead(this.#sequenceOf(key).inFlight.some((batch) => batch.onWire), false)) return;',
} satisfies Mutant;
