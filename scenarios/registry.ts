/** The scenarios that come with Trial, by name. */
import bank from './bank.ts';
import calm from './calm.ts';
import clockSkew from './clock-skew.ts';
import compaction from './compaction.ts';
import consumerProtocol from './consumer-protocol.ts';
import controllerFailover from './controller-failover.ts';
import cooperativeRebalance from './cooperative-rebalance.ts';
import coordinatorFailover from './coordinator-failover.ts';
import diskFailure from './disk-failure.ts';
import eosPipeline from './eos-pipeline.ts';
import groupMigration from './group-migration.ts';
import hangingTransaction from './hanging-transaction.ts';
import laggingFollowers from './lagging-followers.ts';
import leaderFailover from './leader-failover.ts';
import mixedIsolation from './mixed-isolation.ts';
import networkPartition from './network-partition.ts';
import powerLoss from './power-loss.ts';
import rebalanceStorm from './rebalance-storm.ts';
import reference from './reference.ts';
import rollingRestart from './rolling-restart.ts';
import type { Scenario } from './scenario.ts';
import slowConsumer from './slow-consumer.ts';
import standard from './standard.ts';
import staticMembers from './static-members.ts';
import topicsComeAndGo from './topics-come-and-go.ts';
import transactionRing from './transaction-ring.ts';
import transactionTimeout from './transaction-timeout.ts';
import transactionVersionUpgrade from './transaction-version-upgrade.ts';
import zombieProducer from './zombie-producer.ts';

export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(
  [
    standard,
    reference,
    leaderFailover,
    rollingRestart,
    networkPartition,
    controllerFailover,
    powerLoss,
    diskFailure,
    clockSkew,
    slowConsumer,
    rebalanceStorm,
    cooperativeRebalance,
    consumerProtocol,
    staticMembers,
    groupMigration,
    topicsComeAndGo,
    laggingFollowers,
    eosPipeline,
    transactionRing,
    bank,
    zombieProducer,
    transactionTimeout,
    coordinatorFailover,
    hangingTransaction,
    mixedIsolation,
    transactionVersionUpgrade,
    compaction,
    calm,
  ].map((scenario) => [scenario.name, scenario]),
);
