/** librdkafka by way of kcat, against three served brokers. Skipped, and said so, where kcat is not installed. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import { AssignerProtocol, Kafka, logLevel } from 'kafkajs';
import { killAndRestart, Load, missingForKafkajs } from './testing/acknowledged.ts';
import { eventually, type Served, servedCluster } from './testing/served.ts';

const test = anyTest as TestFn<Served>;
const isInstalled = spawnSync('kcat', ['-V']).error === undefined;
if (!isInstalled) console.log('kcat is not installed: librdkafka is not tried');
if (isInstalled)
  servedCluster(test, {
    brokers: 3,
    config: { 'message.max.bytes': 2_000_000, 'default.replication.factor': 3, 'min.insync.replicas': 2 },
  });
const withKcat = isInstalled ? test : test.skip;
const killing = isInstalled ? test.serial : test.serial.skip;

/** Runs kcat with this input; its output. */
function kcat(brokers: readonly string[], args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('kcat', ['-b', brokers.join(','), '-q', ...args], { timeout: 60_000 });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(output).toString());
      else reject(new Error(`kcat ${args.join(' ')} ended with ${code}: ${Buffer.concat(errors).toString()}`));
    });
    child.stdin.end(input);
  });
}

withKcat('the brokers are listed', async (t) => {
  const listed = JSON.parse(await kcat(t.context.brokers, ['-L', '-J'])) as { brokers: { id: number; name: string }[] };
  t.deepEqual(
    listed.brokers.toSorted((a, b) => a.id - b.id).map(({ name }) => name),
    t.context.brokers,
  );
});

withKcat('every acks and compression comes back as it was sent', async (t) => {
  const { brokers } = t.context;
  const sent: string[] = [];
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    for (const acks of ['0', '1', '-1']) {
      const value = `${codec}/${acks}/${'x'.repeat(3000)}`;
      await kcat(
        brokers,
        ['-P', '-t', 'kcat-produce', '-p', '0', '-K:', '-z', codec, '-X', `acks=${acks}`, '-H', 'a=b'],
        `k:${value}\n`,
      );
      sent.push(value);
    }
  }
  const received = await kcat(brokers, ['-C', '-t', 'kcat-produce', '-p', '0', '-o', 'beginning', '-e', '-f', '%o %k %h %s\n']);
  t.deepEqual(
    received.trimEnd().split('\n'),
    sent.map((value, index) => `${index} k a=b ${value}`),
  );
});

withKcat('100,000 messages of an idempotent producer', async (t) => {
  const { brokers } = t.context;
  const input = Array.from({ length: 100_000 }, (_, index) => `${index}\n`).join('');
  await kcat(brokers, ['-P', '-t', 'kcat-many', '-p', '0', '-X', 'enable.idempotence=true'], input);
  const output = await kcat(brokers, ['-C', '-t', 'kcat-many', '-p', '0', '-o', 'beginning', '-e']);
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
  t.is(digest(output), digest(input));
});

withKcat('from an offset, from the end, by timestamp', async (t) => {
  const { brokers } = t.context;
  await kcat(brokers, ['-P', '-t', 'kcat-offsets', '-p', '0'], 'a\nb\nc\n');
  t.is(await kcat(brokers, ['-C', '-t', 'kcat-offsets', '-p', '0', '-o', '1', '-e']), 'b\nc\n');
  t.is(await kcat(brokers, ['-C', '-t', 'kcat-offsets', '-p', '0', '-o', '-1', '-e']), 'c\n');
  t.is(await kcat(brokers, ['-C', '-t', 'kcat-offsets', '-p', '0', '-o', 's@1000', '-c', '1']), 'a\n');
  t.is((await kcat(brokers, ['-Q', '-t', 'kcat-offsets:0:-1'])).trim(), 'kcat-offsets [0] offset 3');
  t.is((await kcat(brokers, ['-Q', '-t', 'kcat-offsets:0:-2'])).trim(), 'kcat-offsets [0] offset 0');
});

withKcat('a group commits and resumes', async (t) => {
  const { brokers } = t.context;
  await kcat(brokers, ['-P', '-t', 'kcat-group', '-p', '0'], 'a\nb\nc\nd\n');
  const member = (count: number) =>
    kcat(brokers, ['-G', 'kcat-group', '-X', 'auto.offset.reset=earliest', '-c', `${count}`, 'kcat-group']);
  t.is(await member(2), 'a\nb\n');
  t.is(await member(2), 'c\nd\n');
});

withKcat('messages of 1 MiB', async (t) => {
  const { brokers } = t.context;
  const line = `${'x'.repeat(1 << 20)}\n`;
  const large = ['-X', 'message.max.bytes=2000000'];
  await kcat(brokers, ['-P', '-t', 'kcat-large', '-p', '0', '-z', 'lz4', ...large], line.repeat(3));
  t.is(await kcat(brokers, ['-C', '-t', 'kcat-large', '-p', '0', '-o', 'beginning', '-e', ...large]), line.repeat(3));
});

for (const strategy of ['range', 'cooperative-sticky']) {
  withKcat(`two consumers share the partitions, and one takes all when the other leaves: ${strategy}`, async (t) => {
    const { brokers } = t.context;
    const topic = `kcat-rebalance-${strategy}`;
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    t.teardown(() => admin.disconnect());
    await admin.createTopics({ topics: [{ topic, numPartitions: 4 }], waitForLeaders: true });
    const shares = async (): Promise<number[]> => {
      const { groups } = await admin.describeGroups([topic]);
      if (groups[0]?.state !== 'Stable') return [];
      return groups[0].members.map(({ memberAssignment }) => {
        const assigned = AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[topic];
        return assigned?.length ?? 0;
      });
    };
    const join = () => {
      const args = [
        '-b',
        brokers.join(','),
        '-q',
        '-G',
        topic,
        '-X',
        'heartbeat.interval.ms=300',
        '-X',
        `partition.assignment.strategy=${strategy}`,
        topic,
      ];
      const child = spawn('kcat', args, { stdio: 'ignore' });
      t.teardown(() => child.kill('SIGKILL'));
      return child;
    };
    join();
    await eventually('all with the first', async () => ((await shares()).join() === '4' ? true : null));
    const second = join();
    await eventually('two each', async () => ((await shares()).join() === '2,2' ? true : null));
    second.kill('SIGTERM');
    await eventually('all with the first again', async () => ((await shares()).join() === '4' ? true : null));
    t.pass();
  });
}

killing('a broker is killed and restarted while producing with acks=-1: nothing acknowledged is lost', async (t) => {
  const { brokers } = t.context;
  await kcat(brokers, ['-P', '-t', 'kcat-killed'], 'first\n');
  // kcat ends well only if everything of its input was acknowledged.
  const load = new Load(2, (value) => kcat(brokers, ['-P', '-t', 'kcat-killed', '-X', 'acks=-1'], `${value}\n`));
  await killAndRestart(t.context, load);
  t.deepEqual(await missingForKafkajs(brokers, 'kcat-killed', load.acknowledged), []);
});
