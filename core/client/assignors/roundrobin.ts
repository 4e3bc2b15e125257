/** Kafka's RoundRobinAssignor: all partitions of all topics in order, dealt to the members in turn. */
import type { TopicPartition } from '../../protocol/partition.ts';
import type { Assignor } from './assignor.ts';
import { compare, emptyAssignment, sortedMembers } from './assignor.ts';

export const roundRobinAssignor: Assignor = {
  name: 'roundrobin',
  isCooperative: false,
  userData: () => null,
  assign(partitionCounts, members) {
    const assignment = emptyAssignment(members);
    const order = sortedMembers(members);
    const subscribed = new Set([...members.values()].flatMap((member) => member.topics));
    let turn = 0;
    for (const topic of [...partitionCounts.keys()].sort(compare)) {
      if (!subscribed.has(topic)) continue;
      for (let partition = 0; partition < (partitionCounts.get(topic) as number); partition++) {
        while (members.get(order[turn % order.length] as string)?.topics.includes(topic) !== true) turn++;
        (assignment.get(order[turn++ % order.length] as string) as TopicPartition[]).push({ topic, partition });
      }
    }
    return assignment;
  },
};
