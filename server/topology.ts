/** Which nodes a served cluster has: their names, ids and roles. */

/** Ids of controllers that are no brokers. */
const FIRST_CONTROLLER_ID = 1001;

/** A quorum of more voters only makes a cluster on one machine slower. */
const MOST_COMBINED_VOTERS = 3;

export interface NodeRole {
  /** `broker-1`, `controller-1001`; a broker that is also a controller is named as a broker. */
  readonly name: string;
  readonly nodeId: number;
  readonly isBroker: boolean;
  readonly isController: boolean;
}

export interface Topology {
  readonly nodes: readonly NodeRole[];
  /** Node ids of the brokers. */
  readonly brokers: readonly number[];
  /** Node ids of the controllers. */
  readonly voters: readonly number[];
}

/**
 * With `controllers` there are that many nodes that are controllers only. Without, brokers are controllers as well
 * (combined): the first one, or the first three if there are three or more.
 */
export function clusterTopology(options: {
  readonly brokers: number;
  readonly controllers: number | null;
  /** Default 1. */
  readonly firstBrokerId?: number;
}): Topology {
  const { firstBrokerId = 1 } = options;
  const count = options.controllers ?? 0;
  const combined = options.controllers === null ? (options.brokers >= MOST_COMBINED_VOTERS ? MOST_COMBINED_VOTERS : 1) : 0;
  const brokers: NodeRole[] = Array.from({ length: options.brokers }, (_, index) => ({
    name: `broker-${firstBrokerId + index}`,
    nodeId: firstBrokerId + index,
    isBroker: true,
    isController: index < combined,
  }));
  const controllers: NodeRole[] = Array.from({ length: count }, (_, index) => ({
    name: `controller-${FIRST_CONTROLLER_ID + index}`,
    nodeId: FIRST_CONTROLLER_ID + index,
    isBroker: false,
    isController: true,
  }));
  const nodes = [...brokers, ...controllers];
  return {
    nodes,
    brokers: brokers.map(({ nodeId }) => nodeId),
    voters: nodes.filter(({ isController }) => isController).map(({ nodeId }) => nodeId),
  };
}
