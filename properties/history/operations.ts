/**
 * Client operations by kind. Most checkers of client histories look at a few kinds only: each is told of those it asked for,
 * which is a third of the calls, and gets them with their types.
 */
import type { Completion, HistoryEvent, Invocation, Session } from '../../sim/history.ts';
import type { CheckContext } from '../judge.ts';

type Stage = 'invoke' | 'ok' | 'fail' | 'info';

/** `ok poll` and the like for operations; the type alone for what happens to a session. */
export type HistoryKind = Exclude<HistoryEvent['type'], Stage> | `${Stage} ${Invocation['f']}`;

/** The member of the union that has this type among its own. */
type OfType<T, E = HistoryEvent> = E extends { readonly type: infer U } ? (T extends U ? E : never) : never;

export type EventOf<K extends HistoryKind> = K extends `${infer T extends Stage} ${infer F}`
  ? OfType<T> & { readonly call: Extract<Invocation, { readonly f: F }> } & (T extends 'ok'
        ? { readonly result: Extract<Completion, { readonly f: F }> }
        : unknown)
  : OfType<K>;

class Operations {
  /** By type of event, then by operation; '' for what is no operation. */
  readonly #handlers = new Map<string, Map<string, ((event: never) => void)[]>>();

  constructor(context: CheckContext) {
    context.onHistory((event) => {
      const ofType = this.#handlers.get(event.type);
      if (ofType === undefined) return;
      const handlers = ofType.get('call' in event ? event.call.f : '');
      if (handlers !== undefined) for (const handler of handlers) handler(event as never);
    });
  }

  add(kind: HistoryKind, handler: (event: never) => void): void {
    const [type = '', f = ''] = kind.split(' ');
    let ofType = this.#handlers.get(type);
    if (ofType === undefined) {
      ofType = new Map();
      this.#handlers.set(type, ofType);
    }
    const handlers = ofType.get(f);
    if (handlers === undefined) ofType.set(f, [handler]);
    else handlers.push(handler);
  }
}

const operations = new WeakMap<CheckContext, Operations>();

/** Tells the handler of events of these kinds. Handlers of one kind are called in the order in which they came. */
export function onOperations<K extends HistoryKind>(
  context: CheckContext,
  kinds: readonly K[],
  handler: (event: EventOf<K>) => void,
): void {
  let ofContext = operations.get(context);
  if (ofContext === undefined) {
    ofContext = new Operations(context);
    operations.set(context, ofContext);
  }
  for (const kind of kinds) ofContext.add(kind, handler);
}

/** What a checker keeps of each consumer (or producer) from when it is opened until it is closed or its process dies. */
export class Sessions<S> {
  readonly #context: CheckContext;
  readonly #sessions = new Map<number, S>();

  /** `open` makes what is kept of a session; null to leave it out. */
  constructor(context: CheckContext, kind: Session['kind'], open: (session: Session) => S | null) {
    this.#context = context;
    onOperations(context, ['opened'], ({ session }) => {
      if (session.kind !== kind) return;
      const kept = open(session);
      if (kept !== null) this.#sessions.set(session.id, kept);
    });
    onOperations(context, ['closed', 'crashed'], ({ session }) => void this.#sessions.delete(session.id));
  }

  get(session: number): S | undefined {
    return this.#sessions.get(session);
  }

  values(): Iterable<S> {
    return this.#sessions.values();
  }

  /** Tells the handler of events of these kinds in sessions that are kept. */
  on<K extends HistoryKind>(kinds: readonly K[], handler: (kept: S, event: EventOf<K>) => void): void {
    onOperations(this.#context, kinds, (event) => {
      const kept = this.#sessions.get(event.session.id);
      if (kept !== undefined) handler(kept, event);
    });
  }
}
