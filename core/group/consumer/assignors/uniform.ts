/** The uniform assignor: every member gets as many partitions as any other, as far as subscriptions allow, and keeps what it has. */
import { type Assignor, isHomogeneous } from './assignor.ts';
import { assignHeterogeneous } from './uniform-heterogeneous.ts';
import { assignHomogeneous } from './uniform-homogeneous.ts';

export const uniformAssignor: Assignor = {
  name: 'uniform',
  assign: (members, partitionCount) =>
    isHomogeneous(members) ? assignHomogeneous(members, partitionCount) : assignHeterogeneous(members, partitionCount),
};
