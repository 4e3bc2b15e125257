/**
 * A partition at the cursor: a bar for each replica from its log's start to its end, in the colours of the leader epochs. What the high
 * watermark covers is solid, what is above it is pale; where two logs differ at an offset, their colours differ there.
 */
import { METADATA_LOG } from '../../record/names.ts';
import type { PartitionTrack, RunRecord } from '../../record/run-record.ts';
import { ROLE } from '../../record/run-record.ts';
import { type ReplicaNow, registrationAt, replicaAt, stateAt } from '../model/at.ts';

interface StripsProps {
  readonly record: RunRecord;
  readonly partition: PartitionTrack;
  readonly us: number;
  readonly onOpen: (process: number) => void;
}

const WIDTH = 1_000;
const ROLES: Readonly<Record<number, string>> = {
  [ROLE.none]: 'no role',
  [ROLE.follower]: 'follower',
  [ROLE.leader]: 'leader',
  [ROLE.stopped]: 'stopped',
};
/** A truncation is shown for so long after it. */
const CUT_SHOWN_US = 400_000;
/** Of a long log its end is shown: that is where replicas differ. */
const OFFSETS_SHOWN = 160;

export function Strips({ record, partition, us, onOpen }: StripsProps) {
  const replicas = partition.replicas.flatMap((track) => replicaAt(track, us) ?? []);
  const registration = registrationAt(partition, us);
  const high = Math.max(1, ...replicas.map(({ end }) => end), ...recentCuts(partition, us).map(({ from }) => from));
  // Who has nothing of what the longest log holds says where it is in numbers.
  const longest = replicas.find(({ end }) => end === Math.max(...replicas.map((each) => each.end)));
  const beside = replicas.filter(({ end }) => end > (longest?.start ?? 0));
  const lowest = Math.min(...beside.map(({ start }) => start), high - 1);
  const low = Math.max(lowest, high - OFFSETS_SHOWN);
  const x = (offset: number): number => ((Math.max(low, Math.min(high, offset)) - low) / (high - low)) * WIDTH;
  const isr = registration?.isr ?? [];
  return (
    <section class="strips" aria-label={`replicas of ${partition.name}`}>
      <h3>
        {partition.name}{' '}
        <small>
          {registration === null
            ? partition.name === METADATA_LOG
              ? 'the log of the quorum'
              : 'not in the metadata yet'
            : `metadata: ${registration.leader === -1 ? 'no leader' : `leader ${nameOf(record, registration.leader)}`}, epoch ${registration.leaderEpoch}, in sync ${isr.map((id) => nameOf(record, id)).join(' ') || 'nobody'}`}
          {low > lowest ? `; offsets from ${low} on` : ''}
        </small>
      </h3>
      {replicas.map((replica) => (
        <StripRow
          key={replica.process}
          record={record}
          replica={replica}
          x={x}
          us={us}
          partition={partition}
          isr={isr}
          onOpen={onOpen}
        />
      ))}
      {replicas.length === 0 ? <p class="note">No replica has told of itself yet.</p> : null}
    </section>
  );
}

interface RowProps extends Omit<StripsProps, 'partition'> {
  readonly partition: PartitionTrack;
  readonly replica: ReplicaNow;
  readonly isr: readonly number[];
  readonly x: (offset: number) => number;
}

function StripRow({ record, partition, replica, isr, us, x, onOpen }: RowProps) {
  const process = record.processes[replica.process];
  if (process === undefined) return null;
  const isDown = stateAt(process, us).state === 'down';
  const role = isDown ? 'down' : (ROLES[replica.role] ?? '');
  const cut = recentCuts(partition, us).findLast((each) => each.process === replica.process);
  const isOut = isr.length > 0 && !isr.includes(process.nodeId);
  return (
    <div class={`strip${isDown ? ' down' : ''}`}>
      <button type="button" class="link who" onClick={() => onOpen(replica.process)} title={`look into ${process.name}`}>
        {process.name}
      </button>
      <span class={`role ${role}`}>
        {role === 'leader' ? '★ ' : ''}
        {role}
        {isOut ? ', out of sync' : ''}
      </span>
      <svg viewBox={`0 0 ${WIDTH} 22`} preserveAspectRatio="none" role="img" aria-label={sentenceOf(process.name, role, replica)}>
        {segments(replica).map(({ epoch, from, to, isCommitted }) => (
          <rect
            key={`${epoch} ${from}`}
            class={`epoch series-${mod(epoch)}${isCommitted ? '' : ' uncommitted'}`}
            x={x(from)}
            width={Math.max(0, x(to) - x(from))}
            y="4"
            height="14"
          />
        ))}
        {cut === undefined ? null : (
          <rect class="cut" x={x(cut.to)} width={Math.max(2, x(cut.from) - x(cut.to))} y="4" height="14" />
        )}
        <line class="stable" x1={x(replica.lastStable)} x2={x(replica.lastStable)} y1="10" y2="22" />
        <line class="watermark" x1={x(replica.highWatermark)} x2={x(replica.highWatermark)} y1="0" y2="22" />
      </svg>
      <span class="numbers">
        {replica.start}..<b>{replica.end}</b> HW {replica.highWatermark}
        {replica.lastStable < replica.highWatermark ? ` LSO ${replica.lastStable}` : ''}
        {cut === undefined ? (
          ''
        ) : (
          <b class="bad">
            {' '}
            ✂ {cut.from}→{cut.to}
          </b>
        )}
      </span>
      <span class="epochs">
        {epochsShown(replica).map(({ epoch, startOffset }) => (
          <span key={epoch} class="epoch-name">
            <i class={`swatch series-${mod(epoch)}`} />e{epoch}@{startOffset}{' '}
          </span>
        ))}
      </span>
    </div>
  );
}

function epochsShown({ epochs }: ReplicaNow): ReplicaNow['epochs'] {
  return epochs.slice(-4);
}

/** The log in pieces of one leader epoch each, cut once more at the high watermark. */
function segments({ start, end, highWatermark, epochs }: ReplicaNow) {
  const known = epochs.length > 0 ? epochs : [{ epoch: 0, startOffset: start }];
  return known.flatMap(({ epoch, startOffset }, index) => {
    const from = Math.max(start, index === 0 ? start : startOffset);
    const to = Math.min(end, known[index + 1]?.startOffset ?? end);
    const middle = Math.max(from, Math.min(to, highWatermark));
    return [
      { epoch, from, to: middle, isCommitted: true },
      { epoch, from: middle, to, isCommitted: false },
    ].filter((piece) => piece.to > piece.from);
  });
}

function recentCuts({ cuts }: PartitionTrack, us: number): PartitionTrack['cuts'] {
  return cuts.filter((cut) => cut.us <= us && us - cut.us <= CUT_SHOWN_US);
}

function nameOf({ processes }: RunRecord, nodeId: number): string {
  return processes.find((process) => process.nodeId === nodeId)?.name ?? String(nodeId);
}

function sentenceOf(name: string, role: string, { start, end, highWatermark }: ReplicaNow): string {
  return `${name}, ${role}: log from ${start} to ${end}, high watermark ${highWatermark}`;
}

function mod(epoch: number): number {
  return ((epoch % 8) + 8) % 8;
}
