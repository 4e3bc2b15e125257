import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a controlled shutdown is granted while the broker still leads',
  source: ['KAFKA-14296'],
  difficulty: 'easy',
  expects: ['C12', 'C3'],
  scenario: 'rolling-restart',
  file: 'core/controller/heartbeats.ts',
  find: `        return leadsAny() ? 'controlled-shutdown' : 'shutdown-now';`,
  replace: `        return zoo.instead(leadsAny(), false) ? 'controlled-shutdown' : 'shutdown-now';`,
} satisfies Mutant;
