/** Malformed input on the port. `TRIAL_FUZZ_FRAMES` says how many frames, 100,000 if it does not, `TRIAL_FUZZ_SEED` which. */
import net from 'node:net';
import test from 'ava';
import { decodeResponse, encodeRequest } from '../core/protocol/codec.ts';
import { FrameReader } from '../core/protocol/framing.ts';
import { type Cluster, serve } from '../server/serve.ts';
import { MalformedFrames } from './malformed-frames.ts';

const FRAMES = Number(process.env['TRIAL_FUZZ_FRAMES'] ?? 100_000);
const SEED = process.env['TRIAL_FUZZ_SEED'] ?? '1';
const FRAMES_A_CONNECTION = 3;
const CONNECTIONS = 32;
const MOST_MEMORY_GROWN = 400 * 1024 * 1024;

function portOf(cluster: Cluster): number {
  return Number(cluster.bootstrapServers.split(':')[1]);
}

/** Sends the frames on a connection of its own; resolves when it is over, or silent. */
function bombard(port: number, frames: readonly Uint8Array[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.setTimeout(50, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.on('close', () => resolve());
    for (const frame of frames) socket.write(frame);
  });
}

/** A connection that only asks what it may. */
class HonestClient {
  readonly #socket: net.Socket;
  readonly #frames = new FrameReader(1 << 20);
  #answered: ((payload: Uint8Array) => void) | null = null;
  #id = 0;

  constructor(port: number) {
    this.#socket = net.connect(port, '127.0.0.1');
    // Its questions then go without an answer.
    this.#socket.on('error', () => {});
    this.#socket.on('data', (chunk) => this.#frames.push(new Uint8Array(chunk), (payload) => this.#answered?.(payload)));
  }

  async brokers(): Promise<number> {
    const id = this.#id++;
    const payload = await new Promise<Uint8Array>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer for 10 s')), 10_000);
      this.#answered = (bytes) => {
        clearTimeout(timer);
        resolve(bytes);
      };
      this.#socket.write(encodeRequest('Metadata', 9, id, 'honest', { topics: [] }));
    });
    const { correlationId, body } = decodeResponse('Metadata', 9, payload);
    if (correlationId !== id) throw new Error(`answer ${correlationId} to request ${id}`);
    return body.brokers.length;
  }

  close(): void {
    this.#socket.destroy();
  }
}

test('malformed frames: the server stays up, memory stays bounded, another connection keeps working', async (t) => {
  t.timeout(20 * 60_000);
  const failures: string[] = [];
  const cluster = await serve({
    port: 0,
    onNodeFailed: (node, reason) => failures.push(`${node.name}: ${reason}`),
  });
  t.teardown(() => cluster.stop());
  const port = portOf(cluster);
  const honest = new HonestClient(port);
  t.teardown(() => honest.close());
  t.is(await honest.brokers(), 1);
  const frames = new MalformedFrames(SEED);
  const before = process.memoryUsage().rss;
  let most = before;
  for (let sent = 0; sent < FRAMES && failures.length === 0; sent += CONNECTIONS * FRAMES_A_CONNECTION) {
    const volleys = Array.from({ length: CONNECTIONS }, () => Array.from({ length: FRAMES_A_CONNECTION }, () => frames.next()));
    await Promise.all(volleys.map((volley) => bombard(port, volley)));
    if (failures.length > 0) break;
    t.is(await honest.brokers(), 1);
    most = Math.max(most, process.memoryUsage().rss);
  }
  t.log(`${FRAMES.toLocaleString('en-US')} frames; at most ${Math.round((most - before) / 1024 / 1024)} MiB more memory`);
  t.deepEqual(failures, []);
  t.true(most - before < MOST_MEMORY_GROWN, `memory grew by ${Math.round((most - before) / 1024 / 1024)} MiB`);
});
