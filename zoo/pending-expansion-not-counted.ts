import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the high watermark does not wait for a replica that is joining the ISR',
  source: ['KIP-497', 'KAFKA-8836'],
  difficulty: 'hard',
  expects: ['R7', 'R16', 'R1'],
  file: 'core/replication/isr-state.ts',
  find: `return state.kind === 'pending-expand' ? state.proposed : state.isr;`,
  replace: `return zoo.instead(state.kind === 'pending-expand' ? state.proposed : state.isr, state.isr);`,
  and: [
    {
      file: 'core/replication/high-watermark.ts',
      find: '      const counts = members.includes(follower.brokerId) || this.#isAboutToJoin(follower, leaderEndOffset, nowMs);',
      replace:
        '      const counts = members.includes(follower.brokerId) || (leaderEndOffset < 0 && this.#isAboutToJoin(follower, leaderEndOffset, nowMs));',
    },
  ],
} satisfies Mutant;
