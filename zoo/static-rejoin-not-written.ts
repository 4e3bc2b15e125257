import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the new member id of a static member is in memory only',
  source: ['KAFKA-10284', 'KAFKA-9801'],
  difficulty: 'medium',
  expects: ['GR8', 'GR4', 'L10'],
  scenario: 'rebalance-storm',
  file: 'core/group/joining.ts',
  find: '    shard.write([groupRecord(group, new Map(), this.#env.clock.wallMs())], nothing, (error) => {',
  replace: `    zoo.differs();
    const unwritten = (told: (error: number) => void): void => told(ErrorCode.NONE);
    unwritten((error) => {`,
} satisfies Mutant;
