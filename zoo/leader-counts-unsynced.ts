import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a quorum leader counts itself with what is not on its disk',
  source: ['KIP-595'],
  difficulty: 'medium',
  expects: ['K7'],
  scenario: 'controller-failover',
  file: 'core/raft/leadership.ts',
  find: 'if (role.progress.recordLocalFlush(log.flushedOffset)) this.commit(role);',
  replace: 'if (role.progress.recordLocalFlush(zoo.instead(log.flushedOffset, log.endOffset))) this.commit(role);',
} satisfies Mutant;
