/**
 * Kafka's RangeAssignor: per topic, its partitions in order are cut into as many runs as it has subscribers; the first ones
 * get one more if it does not come out even. Topics with equal numbers of partitions are so co-partitioned. Rack awareness
 * (KIP-881) is left out.
 */
import type { TopicPartition } from '../../protocol/partition.ts';
import type { Assignor } from './assignor.ts';
import { compare, emptyAssignment, sortedMembers } from './assignor.ts';

export const rangeAssignor: Assignor = {
  name: 'range',
  isCooperative: false,
  userData: () => null,
  assign(partitionCounts, members) {
    const assignment = emptyAssignment(members);
    const order = sortedMembers(members);
    for (const topic of [...partitionCounts.keys()].sort(compare)) {
      const count = partitionCounts.get(topic) as number;
      const subscribers = order.filter((member) => members.get(member)?.topics.includes(topic) === true);
      if (subscribers.length === 0) continue;
      const each = Math.floor(count / subscribers.length);
      const withOneMore = count % subscribers.length;
      let partition = 0;
      subscribers.forEach((member, index) => {
        const mine = assignment.get(member) as TopicPartition[];
        for (let n = each + (index < withOneMore ? 1 : 0); n > 0; n--) mine.push({ topic, partition: partition++ });
      });
    }
    return assignment;
  },
};
