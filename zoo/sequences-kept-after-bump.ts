import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a producer raises its epoch and goes on with the old sequences',
  source: ['KAFKA-12152', 'KAFKA-13794'],
  difficulty: 'medium',
  expects: ['I6', 'I2', 'L9'],
  file: 'core/client/producer/idempotent-state.ts',
  find: `    let sequence = 0;
    for (const batch of state.inFlight) {`,
  replace: `    zoo.differs(state.nextSequence > 0);
    let sequence = state.nextSequence;
    for (const batch of state.inFlight) {`,
} satisfies Mutant;
