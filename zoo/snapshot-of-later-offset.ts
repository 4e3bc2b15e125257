import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a snapshot says that it holds one record more than it does',
  source: ['KIP-630'],
  difficulty: 'medium',
  expects: ['K12', 'C9', 'L7', 'X1'],
  scenario: 'controller-failover',
  file: 'core/metadata/loader.ts',
  find: 'this.#options.raft.createSnapshot(Offset(offset + 1), epoch,',
  replace: 'this.#options.raft.createSnapshot(zoo.instead(Offset(offset + 1), Offset(offset + 2)), epoch,',
} satisfies Mutant;
