/** The scenarios that come with Trial, by name. */
import calm from './calm.ts';
import clockSkew from './clock-skew.ts';
import controllerFailover from './controller-failover.ts';
import diskFailure from './disk-failure.ts';
import laggingFollowers from './lagging-followers.ts';
import leaderFailover from './leader-failover.ts';
import networkPartition from './network-partition.ts';
import powerLoss from './power-loss.ts';
import rebalanceStorm from './rebalance-storm.ts';
import reference from './reference.ts';
import rollingRestart from './rolling-restart.ts';
import type { Scenario } from './scenario.ts';
import slowConsumer from './slow-consumer.ts';
import standard from './standard.ts';
import topicsComeAndGo from './topics-come-and-go.ts';

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
    topicsComeAndGo,
    laggingFollowers,
    calm,
  ].map((scenario) => [scenario.name, scenario]),
);
