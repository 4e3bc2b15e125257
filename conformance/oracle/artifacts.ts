/** Apache Kafka's jars from Maven Central, kept in a cache folder: nothing of them is needed to build, test or use this project. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The version that core is compared with. */
export const KAFKA_VERSION = '4.4.0';
/** Of the logging interface that Kafka brings; the simplest of its bindings writes to standard error. */
const SLF4J_VERSION = '1.7.36';
const JAVA_MAJOR_MIN = 17;
const DOWNLOAD_LIMIT_MS = 10 * 60_000;

/** Kafka Connect is not needed to run a broker, nor are the tools' parts for it. */
const WITHOUT = ['connect-api', 'connect-json', 'connect-transforms', 'connect-runtime'];

/** Why there can be no comparison on this machine: one sentence. */
export class NotAvailable extends Error {
  override readonly name = 'NotAvailable';
}

function dependency(artifact: string): string {
  const exclusions = WITHOUT.map(
    (name) => `<exclusion><groupId>org.apache.kafka</groupId><artifactId>${name}</artifactId></exclusion>`,
  ).join('');
  return `<dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId><version>${KAFKA_VERSION}</version><exclusions>${exclusions}</exclusions></dependency>`;
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>trial</groupId><artifactId>oracle</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependency('kafka_2.13')}${dependency('kafka-tools')}<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>${SLF4J_VERSION}</version></dependency></dependencies>
</project>
`;

/** The folder for what was downloaded: TRIAL_ORACLE_CACHE, or one in the user's cache folder. */
export function cacheFolder(): string {
  return process.env['TRIAL_ORACLE_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kafka-trial');
}

async function requireJava(): Promise<void> {
  let version: string;
  try {
    version = (await run('java', ['-version'])).stderr;
  } catch {
    throw new NotAvailable(`no Java was found; Apache Kafka ${KAFKA_VERSION} needs Java ${JAVA_MAJOR_MIN} or newer`);
  }
  const major = Number(/version "(\d+)/.exec(version)?.[1] ?? 0);
  if (major < JAVA_MAJOR_MIN) {
    throw new NotAvailable(`Java is version ${major}, but Apache Kafka ${KAFKA_VERSION} needs ${JAVA_MAJOR_MIN} or newer`);
  }
}

/** A Java class path with Kafka and its tools, downloaded once. Throws NotAvailable without Java, Maven or a network. */
export async function kafkaClassPath(): Promise<string> {
  await requireJava();
  const libraries = join(cacheFolder(), `kafka-${KAFKA_VERSION}`);
  if (!existsSync(libraries)) await download(libraries);
  return join(libraries, '*');
}

async function download(libraries: string): Promise<void> {
  const unfinished = `${libraries}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    writeFileSync(join(unfinished, 'pom.xml'), POM);
    const goal = ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`];
    await run('mvn', goal, { cwd: unfinished, timeout: DOWNLOAD_LIMIT_MS });
    renameSync(unfinished, libraries);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new NotAvailable(missing ? 'no Maven (mvn) was found' : `Maven could not fetch Apache Kafka ${KAFKA_VERSION}`);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
