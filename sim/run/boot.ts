/** The phase boot: the cluster comes up without faults, gets the plan's topics, and the clients start. */
import type { ClientConfigName, GivenConfigs } from '../../core/config/index.ts';
import { kafkaEnvironment } from '../kafka-environment.ts';
import type { NodeInspection } from '../../core/broker/inspection.ts';
import { Admin } from '../../core/client/admin/admin.ts';
import { KafkaError } from '../../core/client/errors.ts';
import type { Environment } from '../../core/environment.ts';
import { bootstrapServers } from '../cluster.ts';
import type { Plan } from '../plan.ts';
import type { RunParts } from './parts.ts';
import { HARNESS } from './stage.ts';

const BOOT_LIMIT_MS = 60_000;

/** False, and a violation of L0, if the cluster did not come up. */
export async function boot(run: Pick<RunParts, 'plan' | 'world' | 'stage' | 'findings' | 'pace' | 'start'>): Promise<boolean> {
  const { plan, stage, findings, pace } = run;
  pace.enter('boot');
  for (const node of stage.nodes) run.start(node.name);
  const up = await pace.until(100, BOOT_LIMIT_MS, () => allBrokersUnfenced(stage.inspections(), plan.cluster.brokers));
  findings.evaluated('L0');
  if (!up) {
    findings.violated('L0', `after ${BOOT_LIMIT_MS} ms without faults not every broker was registered and unfenced`);
    return false;
  }
  run.start(HARNESS);
  let created = 'waiting';
  run.world.process(HARNESS).spawn(async (env) => {
    created = await createTopics(kafkaEnvironment(env), plan);
  });
  const ready = await pace.until(100, BOOT_LIMIT_MS, () => created !== 'waiting');
  if (!ready || created !== 'done') {
    findings.violated('L0', `the topics of the plan could not be created without faults: ${created}`);
    return false;
  }
  for (const client of plan.clients) run.start(client.name);
  return true;
}

function allBrokersUnfenced(inspections: ReadonlyMap<string, NodeInspection>, expected: number): boolean {
  for (const inspection of inspections.values()) {
    const { brokers } = inspection.metadata;
    let unfenced = 0;
    for (const broker of brokers.values()) if (!broker.fenced) unfenced++;
    if (unfenced === expected) return true;
  }
  return false;
}

/** `done`, or why not. */
async function createTopics(env: Environment, plan: Plan): Promise<string> {
  const admin = new Admin(env, {
    'bootstrap.servers': bootstrapServers(plan),
    'client.id': HARNESS,
  } satisfies GivenConfigs<ClientConfigName>);
  try {
    await admin.createTopics(
      plan.topics.map((topic) => ({
        name: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: topic.replicationFactor,
        configs: topic.configs,
      })),
    );
    return 'done';
  } catch (error) {
    // Nobody else makes topics yet: a broker sent the request to the controller a second time, the first answer came too late.
    if (error instanceof KafkaError && error.errorName === 'TOPIC_ALREADY_EXISTS') return 'done';
    if (error instanceof KafkaError) return `${error.errorName}: ${error.message}`;
    throw error;
  } finally {
    await admin.close();
  }
}
