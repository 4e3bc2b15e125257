import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: `a follower whose log diverges takes the leader's high watermark before it cuts its log`,
  source: ['KAFKA-14704'],
  difficulty: 'medium',
  expects: ['R2', 'R18', 'R9'],
  file: 'core/replication/replica-fetcher.ts',
  find: '          this.#truncate(state, asked, { epoch: LeaderEpoch(epoch), endOffset: Offset(endOffset) });',
  replace: `          const { log } = state.partition;
          zoo.differs(data.highWatermark > log.highWatermark);
          if (data.highWatermark > log.highWatermark) log.updateHighWatermark(Offset(data.highWatermark));
          this.#truncate(state, asked, { epoch: LeaderEpoch(epoch), endOffset: Offset(endOffset) });`,
  masked:
    'the truncation follows in the same step and takes the high watermark back with it: Kafka has a consumer read in between',
} satisfies Mutant;
