import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a producer raises its epoch and goes on with the old sequences',
  source: ['KAFKA-12152', 'KAFKA-13794'],
  difficulty: 'medium',
  expects: ['I6', 'I2', 'L9'],
  file: 'core/client/producer/partition-sequence.ts',
  find: `    let sequence = 0;
    for (const batch of this.inFlight) {`,
  replace: `    zoo.differs(this.#nextSequence > 0);
    let sequence = this.#nextSequence;
    for (const batch of this.inFlight) {`,
} satisfies Mutant;
