import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a replica that is leaving the ISR is not waited for any more before that is committed',
  source: ['KIP-497'],
  difficulty: 'medium',
  expects: ['R7', 'R16', 'R8'],
  file: 'core/replication/isr-state.ts',
  find: `return state.kind === 'pending-expand' ? state.proposed : state.isr;`,
  replace: `return zoo.instead(state.kind === 'pending-expand' ? state.proposed : state.isr, state.kind === 'committed' ? state.isr : state.proposed);`,
} satisfies Mutant;
