import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an ISR change whose fate is not known is taken for refused',
  source: ['KIP-497'],
  difficulty: 'medium',
  expects: ['R16', 'R7', 'R1'],
  file: 'core/replication/isr-changes.ts',
  find: `      case ErrorCode.NEW_LEADER_ELECTED:
        return;`,
  replace: `      case ErrorCode.NEW_LEADER_ELECTED:
        zoo.differs();
        this.#reject(leader, change, error);
        return;`,
} satisfies Mutant;
