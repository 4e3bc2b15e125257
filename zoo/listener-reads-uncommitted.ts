import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a node applies metadata that is not committed',
  source: ['KAFKA-13100', 'KIP-595'],
  difficulty: 'medium',
  expects: ['C9', 'C10', 'K5', 'X1'],
  scenario: 'controller-failover',
  file: 'core/raft/listener-progress.ts',
  find: `    while (this.#nextOffset < this.#log.highWatermark) {
      const read = this.#log.read(this.#nextOffset, MAX_READ_BYTES, 'high-watermark');`,
  replace: `    while (zoo.instead(this.#nextOffset < this.#log.highWatermark, this.#nextOffset < this.#log.endOffset)) {
      const read = this.#log.read(this.#nextOffset, MAX_READ_BYTES, 'log-end');`,
} satisfies Mutant;
