/** An admin client whose operations are written to the history. */
import type { ApiRanges } from '../../core/rpc/api-versions.ts';
import type { ClientConfigName, GivenConfigs } from '../../core/config/index.ts';
import type { ClientEnvironment } from '../../core/environment.ts';
import { Admin } from '../../core/client/admin/admin.ts';
import { KafkaError } from '../../core/client/errors.ts';
import type { Invocation, Session } from '../history.ts';
import type { Recorder } from './recorder.ts';

export class RecordingAdmin {
  readonly #recorder: Recorder;
  /** The client itself, for operations that need no place in the history. */
  readonly client: Admin;
  readonly session: Session;
  #closed = false;

  constructor(
    env: ClientEnvironment,
    recorder: Recorder,
    incarnation: number,
    properties: GivenConfigs<ClientConfigName>,
    apis?: ApiRanges,
  ) {
    this.#recorder = recorder;
    this.client = new Admin(env, { ...properties }, { apis });
    this.session = recorder.open(env.nodeName, incarnation, 'admin', properties);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Runs an operation and records it. The outcome is null if it failed. */
  async run<T>(operation: string, detail: string, act: (admin: Admin) => Promise<T>): Promise<T | null> {
    const call: Invocation = { f: 'admin', operation, detail };
    const op = this.#recorder.invoke(this.session, call);
    try {
      const result = await act(this.client);
      this.#recorder.ok(this.session, op, call, { f: 'admin' });
      return result;
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      this.#recorder.fail(this.session, op, call, error.definite, error.errorName);
      return null;
    }
  }

  async close(): Promise<void> {
    await this.client.close();
    if (this.#closed) return;
    this.#closed = true;
    this.#recorder.end(this.session, 'closed');
  }
}
