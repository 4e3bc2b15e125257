/**
 * Apache Kafka as the oracle: the same requests to a Kafka broker and to a served cluster, and the answers compared.
 * Arguments: names of scripts, for only those; `--listed` shows the differences that docs/conformance.md lists as well.
 */
import type { Properties } from '../../core/config/index.ts';
import { kafkaClassPath, KAFKA_VERSION, NotAvailable } from './artifacts.ts';
import { compare, type Difference } from './compare.ts';
import { Conversation, type OracleScript, type Step } from './conversation.ts';
import type { Told } from '../../core/broker/testing/eligible-replicas-story.ts';
import { playElections } from './elections.ts';
import { judge, listedDifferences } from './listed.ts';
import { SCRIPTS } from './scripts/index.ts';
import { type Server, Workplace } from './servers.ts';
import { checkExchange } from './exchange.ts';
import { checkTools } from './tools.ts';

/** So that no broker is fenced on a machine that has other things to do. */
const PATIENT: Properties = { 'broker.session.timeout.ms': 60_000 };
const USAGE = 2;
/** What can be named besides the scripts. */
const TOOLS = 'tools';
const EXCHANGE = 'exchange';
const ELECTIONS = 'elections';
const OTHERS: readonly string[] = [TOOLS, EXCHANGE, ELECTIONS];

async function main(given: readonly string[]): Promise<number> {
  const showListed = given.includes('--listed');
  const names = given.filter((argument) => argument !== '--listed');
  const unknown = names.find((name) => !OTHERS.includes(name) && !SCRIPTS.some((script) => script.name === name));
  if (unknown !== undefined) {
    console.error(`There is no script ${unknown}; there are ${[...SCRIPTS.map(({ name }) => name), ...OTHERS].join(', ')}.`);
    return USAGE;
  }
  let classPath: string;
  try {
    classPath = await kafkaClassPath();
  } catch (error) {
    if (!(error instanceof NotAvailable)) throw error;
    console.log(`Skipped: ${error.message}.`);
    return 0;
  }
  const scripts = SCRIPTS.filter(({ name }) => names.length === 0 || names.includes(name));
  const workplace = new Workplace(classPath);
  try {
    const isPart = names.length > 0;
    const isSame = scripts.length === 0 || (await compareServers(workplace, scripts, showListed, isPart));
    const isAsked = (name: string): boolean => !isPart || names.includes(name);
    const areToolsContent = !isAsked(TOOLS) || reportFindings("Apache Kafka's tools", await checkTools(workplace));
    const isExchanged = !isAsked(EXCHANGE) || reportFindings('Directories both ways', await checkExchange(workplace));
    const isElected = !isAsked(ELECTIONS) || reportFindings('Eligible leader replicas', await playElections(workplace));
    return isSame && areToolsContent && isExchanged && isElected ? 0 : 1;
  } finally {
    workplace.remove();
  }
}

async function compareServers(
  workplace: Workplace,
  scripts: readonly OracleScript[],
  showListed: boolean,
  isPart: boolean,
): Promise<boolean> {
  const found: Difference[] = [];
  const errors: string[] = [];
  let answers = 0;
  for (const { brokers, config, run } of togetherAndAlone(scripts)) {
    const kafka = await workplace.startKafka(config, brokers);
    const trial = await workplace.startTrial(config, brokers);
    try {
      for (const script of run) {
        const [theirs, ours] = await Promise.all([talk(script, kafka), talk(script, trial)]);
        const differences = compare(script.name, theirs, ours);
        answers += theirs.length;
        console.log(`${script.name}: ${theirs.length} answers, ${differences.length} differences`);
        found.push(...differences);
      }
    } finally {
      await Promise.all([kafka.stop(), trial.stop()]);
    }
    errors.push(...trial.errors);
  }
  for (const error of errors) console.log(`trial serve could not handle a request: ${error}`);
  const { unlisted, occurred, gone } = judge(found, listedDifferences());
  for (const { where, kafka: theirs, trial: ours } of inShort(showListed ? found : unlisted)) {
    console.log(`${where}\n    Kafka ${theirs}\n    Trial ${ours}`);
  }
  // Part of the scripts cannot show all that is listed.
  const untrue = isPart ? [] : gone;
  for (const { where } of untrue) console.log(`docs/conformance.md lists a difference that is gone: ${where}`);
  console.log(
    `Apache Kafka ${KAFKA_VERSION}: ${answers} answers compared, ${occurred} listed differences, ${unlisted.length} not listed`,
  );
  return unlisted.length + untrue.length + errors.length === 0;
}

function reportFindings(what: string, { checks, problems }: Told): boolean {
  for (const problem of problems) console.log(problem);
  console.log(`${what}: ${checks} checks, ${problems.length} failed`);
  return problems.length === 0;
}

/** What is the same in several versions of an API, once: with v4,5,6 in its name. */
function inShort(differences: readonly Difference[]): Difference[] {
  const version = /\bv(\d+)\b/g;
  const merged = new Map<string, { difference: Difference; versions: Set<string> }>();
  for (const difference of differences) {
    const key = `${difference.where} ${difference.kafka} ${difference.trial}`.replaceAll(version, 'v*');
    const same = merged.get(key) ?? { difference, versions: new Set<string>() };
    const found = /\bv(\d+)\b/.exec(difference.where)?.[1];
    if (found !== undefined) same.versions.add(found);
    merged.set(key, same);
  }
  return [...merged.values()].map(({ difference, versions }) =>
    versions.size < 2 ? difference : { ...difference, where: difference.where.replace(version, `v${[...versions].join(',')}`) },
  );
}

/** Which scripts share a cluster: those that end nothing, by the number of brokers. */
function togetherAndAlone(
  scripts: readonly OracleScript[],
): { readonly brokers: 1 | 3; readonly config: Properties; readonly run: readonly OracleScript[] }[] {
  const shared = ([1, 3] as const).map((brokers) => ({
    brokers,
    config: PATIENT,
    run: scripts.filter((script) => 'run' in script && script.brokers === brokers),
  }));
  const lonely = scripts.flatMap((script) =>
    'runAlone' in script ? [{ brokers: script.brokers, config: script.config, run: [script] }] : [],
  );
  return [...shared.filter(({ run }) => run.length > 0), ...lonely];
}

async function talk(script: OracleScript, { ports, lives }: Server): Promise<readonly Step[]> {
  const conversation = Conversation.with(ports);
  try {
    await ('run' in script ? script.run(conversation) : script.runAlone(conversation, lives));
  } catch (error) {
    conversation.record('the script failed', error instanceof Error ? error.message : String(error));
  } finally {
    conversation.close();
  }
  return conversation.steps;
}

// So that a broker does not outlive an interrupted comparison.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
process.exitCode = await main(process.argv.slice(2));
