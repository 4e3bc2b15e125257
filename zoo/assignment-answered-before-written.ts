import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'members are told their assignment before it is written',
  source: ['design: storeGroup'],
  difficulty: 'medium',
  expects: ['GR2', 'GR1'],
  scenario: 'rebalance-storm',
  file: 'core/group/syncing.ts',
  find: '    shard.write([groupRecord(group, assignments, this.#env.clock.wallMs())], settled, (error) => {',
  replace: `    zoo.differs();
    const atOnce = (records: Parameters<GroupShard['write']>[0], then: typeof settled, told: (error: number) => void): void => {
      told(ErrorCode.NONE);
      shard.write(records, then, () => undefined);
    };
    atOnce([groupRecord(group, assignments, this.#env.clock.wallMs())], settled, (error) => {`,
} satisfies Mutant;
