import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'markers are sent while the decision is not committed yet',
  source: ['KIP-98', 'design: prepare before markers'],
  difficulty: 'medium',
  expects: ['T3', 'T1', 'T2'],
  scenario: 'coordinator-failover',
  file: 'core/transaction/transaction-state-manager.ts',
  find: '    shard.write([record], write, answered, next.timeoutMs);',
  replace: `    const isDecision = next.state === 'PrepareCommit' || next.state === 'PrepareAbort';
    zoo.differs(isDecision);
    const written = (error: number, logOffset: Offset): void => this.#tellEnded(transition, from, error, logOffset);
    if (isDecision) {
      metadata.completeTransition(next);
      settled(ErrorCode.NONE);
    }
    shard.write([record], isDecision ? written : write, answered, next.timeoutMs);`,
} satisfies Mutant;
