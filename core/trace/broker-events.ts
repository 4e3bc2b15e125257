/** Broker lifecycle (core/broker). */
export type BrokerEvent =
  | {
      readonly type: 'node-started';
      readonly nodeId: number;
      readonly roles: readonly ('broker' | 'controller')[];
      readonly incarnationId: string;
    }
  | { readonly type: 'broker-state-changed'; readonly from: string; readonly to: string; readonly brokerEpoch: number }
  /** Told by whoever refuses, and by a broker of what its controller refuses. */
  | {
      readonly type: 'request-rejected';
      readonly api: string;
      readonly error: number;
      readonly detail: string;
      readonly times: number;
    };
