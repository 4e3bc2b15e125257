import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a follower learns nothing of producers from what it copies',
  source: ['KIP-98'],
  difficulty: 'easy',
  expects: ['I5', 'I1', 'S11'],
  file: 'core/log/log-appender.ts',
  find: '    const aborted = this.#producers.append(header, marker);',
  replace: `    zoo.differs(role === 'follower' && header.producerId >= 0);
    if (role === 'follower') this.#producers.advanceTo(header.nextOffset);
    const aborted = role === 'follower' ? null : this.#producers.append(header, marker);`,
} satisfies Mutant;
